/**
 * Reads the totals that BPF keeps: sums over the shards, with the calls that are still open counted up to now.
 * The kernel's histograms are 32 bits wide: those of functions with so many calls that they might wrap are followed
 * here, and what they grew by is added up at each poll.
 */
import {
  HISTOGRAM_BUCKETS,
  type OpenFrame,
  type SummaryMaps,
  TOTALS_WORDS,
  TotalsWord,
} from '../bpf/summary-maps.js';
import { CallTotals } from '../trace/call-totals.js';
import type { FunctionId } from '../util/units.js';

/** What is read of the maps. */
export type KernelTotals = Pick<SummaryMaps, 'functions' | 'shards' | 'totals' | 'totals32' | 'openStacks'>;

export class AggregateTotals {
  readonly #followed = new Map<number, Histogram>();

  constructor(readonly maps: KernelTotals) {}

  /** To be called more often than 2^31 calls take. */
  poll(): void {
    for (let fn = 0; fn < this.maps.functions; fn++) if (this.#calls(fn) >= MANY_CALLS) this.#follow(fn);
  }

  /** `now`: CLOCK_MONOTONIC, ns. */
  read(now: bigint): CallTotals {
    const totals = new CallTotals(this.maps.functions, (fn) => this.#histogram(fn));
    for (let fn = 0; fn < this.maps.functions; fn++) {
      if (this.#calls(fn) === 0) continue;
      for (let shard = 0; shard < this.maps.shards; shard++) this.#addShard(totals, fn, shard);
      if (totals.calls[fn]! >= MANY_CALLS) this.#follow(fn);
    }
    for (const frames of this.maps.openStacks()) addOpen(totals, frames, now);
    return totals;
  }

  #calls(fn: number): number {
    let calls = 0;
    for (let shard = 0; shard < this.maps.shards; shard++) {
      const at = this.#word(fn, shard) * 2;
      calls += this.maps.totals32[at]! + this.maps.totals32[at + 1]! * 2 ** 32;
    }
    return calls;
  }

  #addShard(totals: CallTotals, fn: number, shard: number): void {
    const at = this.#word(fn, shard);
    const words = this.maps.totals;
    totals.calls[fn]! += Number(words[at + TotalsWord.Calls]!);
    totals.total[fn]! += Number(words[at + TotalsWord.Total]!);
    totals.self[fn]! += Number(words[at + TotalsWord.Self]!);
    totals.unwound[fn]! += Number(words[at + TotalsWord.Unwound]!);
    totals.open[fn]! += Number(words[at + TotalsWord.Open]!);
    totals.longest[fn] = Math.max(totals.longest[fn]!, Number(words[at + TotalsWord.Longest]!));
    const complement = words[at + TotalsWord.Shortest]!;
    if (complement === 0n) return;
    const shortest = Number(BigInt.asUintN(64, ~complement));
    totals.shortest[fn] = Math.min(totals.shortest[fn]!, shortest);
  }

  #histogram(fn: number): Float64Array {
    const followed = this.#followed.get(fn);
    if (followed !== undefined) return followed.counts.slice();
    const counts = new Float64Array(HISTOGRAM_BUCKETS);
    for (let shard = 0; shard < this.maps.shards; shard++) {
      const at = this.#histogramAt(fn, shard);
      for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        counts[bucket]! += this.maps.totals32[at + bucket]!;
      }
    }
    return counts;
  }

  #follow(fn: number): void {
    const { counts, seen } = this.#followed.get(fn) ?? {
      counts: new Float64Array(HISTOGRAM_BUCKETS),
      seen: new Uint32Array(HISTOGRAM_BUCKETS * this.maps.shards),
    };
    this.#followed.set(fn, { counts, seen });
    for (let shard = 0; shard < this.maps.shards; shard++) {
      const at = this.#histogramAt(fn, shard);
      for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        const count = this.maps.totals32[at + bucket]!;
        const index = shard * HISTOGRAM_BUCKETS + bucket;
        counts[bucket]! += (count - seen[index]!) >>> 0;
        seen[index] = count;
      }
    }
  }

  #histogramAt(fn: number, shard: number): number {
    return (this.#word(fn, shard) + TotalsWord.Histogram) * 2;
  }

  #word(fn: number, shard: number): number {
    return (shard * this.maps.functions + fn) * TOTALS_WORDS;
  }
}

/** Below, no counter can have wrapped yet, and none will before the next poll. */
const MANY_CALLS = 2 ** 31;

interface Histogram {
  readonly counts: Float64Array;
  readonly seen: Uint32Array;
}

/** A frame that the target changed meanwhile may not fit; where it does not it is left out until the next time. */
function addOpen(totals: CallTotals, frames: readonly OpenFrame[], now: bigint): void {
  let inner = 0;
  for (const frame of frames.toReversed()) {
    const duration = Number(now - frame.start);
    const self = duration - frame.callees - inner;
    if (frame.function >= totals.functions || duration < 0 || self < 0) continue;
    totals.closeOpen(frame.function as FunctionId, duration, self, frame.nested);
    inner = duration;
  }
}
