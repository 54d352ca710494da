/**
 * The event block: up to 64 Ki consecutive events of one thread, as three columns (docs/trace-format.md).
 * codes: one varint an event (0 returned, 1 unwound, 2..7 reserved, function id + 8 enter). Time deltas in
 * ns are split into `time_low` (one byte an event: the lowest 8 bits are noise that no compressor shrinks,
 * stored as they are) and `time_high` (varint of the rest, 1-2 bits of entropy): measured 0.2 B an event
 * smaller and a quarter faster to compress than one varint column. codes and time_high are brotli streams
 * (RFC 7932, quality 1). Not here: the database row around a block (writer.ts), and reading (cursor.ts).
 */
import { brotliCompressSync, constants } from 'node:zlib';
import type { FunctionId, Ns } from '../util/units.js';
import type { Leave } from './model.js';
import { VARINT_MAX, writeVarint } from './varint.js';

export const BLOCK_EVENTS = 65536;
/** Codes below this end a call; an enter is the function id plus this. */
export const FIRST_ENTER = 8;

export enum Compression {
  None = 0,
  Brotli = 1,
}

/** A block as it stands in the trace file. */
export interface EncodedBlock {
  readonly firstTime: Ns;
  readonly lastTime: Ns;
  readonly events: number;
  /** How many of the events are enters. */
  readonly calls: number;
  /** Calls open before the first event. */
  readonly depth: number;
  readonly compression: Compression;
  /** The calls open before the first event, outermost first: varints of function id and `firstTime - start`. */
  readonly stack: Uint8Array;
  readonly codes: Uint8Array;
  readonly timeHigh: Uint8Array;
  readonly timeLow: Uint8Array;
}

/** Collects one thread's events, block after block. Times never run backwards: an earlier one counts as the last. */
export class BlockEncoder {
  events = 0;
  private calls = 0;
  private firstTime = 0;
  private lastTime = 0;
  private codes = new Uint8Array(INITIAL_BYTES);
  private codesLength = 0;
  private high = new Uint8Array(INITIAL_BYTES);
  private highLength = 0;
  private low = new Uint8Array(INITIAL_BYTES);
  private startDepth = 0;
  private startStack: Uint8Array = EMPTY;
  private depth = 0;
  private openFunctions = new Int32Array(64);
  private openStarts = new Float64Array(64);

  enter(time: Ns, fn: FunctionId): void {
    this.append(fn + FIRST_ENTER, time);
    this.calls++;
    if (this.depth === this.openFunctions.length) this.growStack();
    this.openFunctions[this.depth] = fn;
    this.openStarts[this.depth] = this.lastTime;
    this.depth++;
  }

  /** A leave without an open call is dropped: the stored stream is balanced. */
  leave(time: Ns, how: Leave): void {
    if (this.depth === 0) return;
    this.append(how, time);
    this.depth--;
  }

  /** The block so far. `compress` costs about 10 ns an event, and 30 us a block. */
  encode(compress: boolean): EncodedBlock {
    const pack = compress ? brotli : copy;
    return {
      firstTime: this.firstTime as Ns,
      lastTime: this.lastTime as Ns,
      events: this.events,
      calls: this.calls,
      depth: this.startDepth,
      compression: compress ? Compression.Brotli : Compression.None,
      stack: this.startStack,
      codes: pack(this.codes.subarray(0, this.codesLength)),
      timeHigh: pack(this.high.subarray(0, this.highLength)),
      timeLow: copy(this.low.subarray(0, this.events)),
    };
  }

  /** Starts the next block. */
  next(): void {
    this.events = 0;
    this.calls = 0;
    this.codesLength = 0;
    this.highLength = 0;
  }

  private append(code: number, time: number): void {
    if (this.events === 0) this.begin(time);
    if (this.events % RESERVE === 0) this.reserve();
    const delta = time > this.lastTime ? time - this.lastTime : 0;
    this.lastTime += delta;
    this.low[this.events++] = delta & 0xff;
    if (code < 0x80) this.codes[this.codesLength++] = code;
    else this.codesLength = writeVarint(this.codes, this.codesLength, code);
    if (delta < 0x8000) this.high[this.highLength++] = delta >>> 8;
    else this.highLength = writeVarint(this.high, this.highLength, Math.floor(delta / 256));
  }

  /** Room for the next RESERVE events, whatever their size, so that `append` need not check. */
  private reserve(): void {
    const most = RESERVE * VARINT_MAX;
    if (this.events + RESERVE > this.low.length) this.low = grown(this.low);
    if (this.codesLength + most > this.codes.length) this.codes = grown(this.codes);
    if (this.highLength + most > this.high.length) this.high = grown(this.high);
  }

  private begin(time: number): void {
    if (time > this.lastTime) this.lastTime = time;
    this.firstTime = this.lastTime;
    this.startDepth = this.depth;
    const stack = new Uint8Array(this.depth * 2 * VARINT_MAX);
    let length = 0;
    for (let i = 0; i < this.depth; i++) {
      length = writeVarint(stack, length, this.openFunctions[i]!);
      length = writeVarint(stack, length, this.firstTime - this.openStarts[i]!);
    }
    this.startStack = stack.slice(0, length);
  }

  private growStack(): void {
    const functions = new Int32Array(this.depth * 2);
    functions.set(this.openFunctions);
    this.openFunctions = functions;
    const starts = new Float64Array(this.depth * 2);
    starts.set(this.openStarts);
    this.openStarts = starts;
  }
}

const RESERVE = 64;
const INITIAL_BYTES = 1024;
const EMPTY = new Uint8Array(0);

function grown(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(bytes.length * 2);
  larger.set(bytes);
  return larger;
}

function copy(bytes: Uint8Array): Uint8Array {
  return bytes.slice();
}

function brotli(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 1,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
