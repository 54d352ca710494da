/**
 * The maps of bpf/summary.bpf.c as mapped memory: totals, stacks of open calls, counters. Layouts are those of
 * bpf/summary.h (compared in test/aggregate/layout.test.ts). Nothing is copied and no system call is made.
 */
import { mapShared, PAGE } from './libc.js';
import { type SummaryObject, TOTALS_BYTES } from './summary-object.js';

export const FRAMES = 1024;
export const FRAME_BYTES = 24;
/** `tid`, `depth` and the counts of open calls. */
export const STACK_HEADER_BYTES = 1032;
export const STACK_BYTES = STACK_HEADER_BYTES + FRAMES * FRAME_BYTES;
export const HISTOGRAM_BUCKETS = 32;
export const FRAME_NESTED = 0x80000000;
const FUNCTION_MASK = 0xffffff;
export const TOTALS_WORDS = TOTALS_BYTES / 8;

/** 64-bit words of `struct utrace_totals`, then the histogram in 32-bit words from HISTOGRAM. */
export enum TotalsWord {
  Calls = 0,
  Total = 1,
  Self = 2,
  Longest = 3,
  /** Complement of the shortest duration; 0: no call has ended. */
  Shortest = 4,
  Unwound = 5,
  Open = 6,
  Histogram = 7,
}

/** 64-bit words of `struct utrace_summary_shared`. */
export enum SharedWord {
  Orphans = 0,
  NoStack = 1,
  TooDeep = 2,
  Threads = 3,
  NoCaller = 4,
  Started = 5,
  Execs = 6,
}

export interface OpenFrame {
  readonly function: number;
  readonly nested: boolean;
  /** CLOCK_MONOTONIC, ns. */
  readonly start: bigint;
  /** ns in callees that have ended. */
  readonly callees: number;
}

export class SummaryMaps {
  readonly functions: number;
  readonly shards: number;
  readonly #stacksBytes: number;
  /** All totals, TOTALS_WORDS words each, shard by shard. */
  readonly totals: BigUint64Array;
  /** The same memory. */
  readonly totals32: Uint32Array;
  readonly #shared: BigUint64Array;
  readonly #stacks: DataView;

  constructor(object: SummaryObject) {
    this.functions = object.functions;
    this.shards = object.shards;
    this.#stacksBytes = object.stacks * STACK_BYTES;
    const totals = mapShared(object.totalsFd, object.functions * object.shards * TOTALS_BYTES, 0, true);
    this.totals = new BigUint64Array(totals);
    this.totals32 = new Uint32Array(totals);
    this.#shared = new BigUint64Array(mapShared(object.sharedFd, PAGE, 0, true), 0, SharedWord.Execs + 1);
    this.#stacks = new DataView(mapShared(object.stacksFd, this.#stacksBytes, 0, true));
  }

  shared(word: SharedWord): bigint {
    return Atomics.load(this.#shared, word);
  }

  /** Threads that have a stack now. */
  stacksInUse(): number {
    let used = 0;
    for (let at = 0; at < this.#stacksBytes; at += STACK_BYTES) {
      if (this.#stacks.getUint32(at, true) !== 0) used++;
    }
    return used;
  }

  /**
   * The open calls of each thread, outermost first. While the target runs they change under the reader: a frame
   * may be newer than the ones around it.
   */
  *openStacks(): Generator<OpenFrame[]> {
    for (let at = 0; at < this.#stacksBytes; at += STACK_BYTES) {
      if (this.#stacks.getUint32(at, true) === 0) continue;
      const depth = Math.min(this.#stacks.getUint32(at + 4, true), FRAMES);
      yield Array.from({ length: depth }, (_, i) => this.#frame(at + STACK_HEADER_BYTES + i * FRAME_BYTES));
    }
  }

  #frame(at: number): OpenFrame {
    const fn = this.#stacks.getUint32(at, true);
    return {
      function: fn & FUNCTION_MASK,
      nested: fn >= FRAME_NESTED,
      start: this.#stacks.getBigUint64(at + 8, true),
      callees: Number(this.#stacks.getBigUint64(at + 16, true)),
    };
  }
}
