/**
 * Walks the events of a block (block.ts) one by one, decoding in place: a block at rest costs its bytes
 * (about 3 an event), not an object or a row an event, so a merge over a thousand threads stays small.
 * The bytes come from a file: every number is checked before use, damage is thrown as `BlockDamage`.
 */
import { brotliDecompressSync } from 'node:zlib';
import type { FunctionId, Ns } from '../util/units.js';
import { BLOCK_EVENTS, Compression, type EncodedBlock, FIRST_ENTER } from './block.js';
import { VARINT_MAX, VarintReader } from './varint.js';

/** The bytes of a block contradict themselves; the reader adds which block of which file. */
export class BlockDamage extends Error {}

export class BlockCursor {
  /** The event that `next` stands on. */
  code = 0;
  time: number;
  /** Events not yet walked. */
  left: number;
  private readonly codes: VarintReader;
  private readonly high: VarintReader;
  private readonly low: Uint8Array;
  private lowAt = 0;
  private readonly lastTime: number;

  /** `functions`: how many the trace has; codes beyond are damage. */
  constructor(
    block: EncodedBlock,
    private readonly functions: number,
  ) {
    this.time = block.firstTime;
    this.lastTime = block.lastTime;
    this.left = block.events;
    this.codes = new VarintReader(unpack(block.codes, block.compression));
    this.high = new VarintReader(unpack(block.timeHigh, block.compression));
    this.low = block.timeLow;
    if (this.low.length !== block.events) throw new BlockDamage('a column does not have the event count');
  }

  /** Moves to the next event; false at the end of the block. */
  next(): boolean {
    if (this.left === 0) return this.end();
    this.left--;
    const code = this.codes.next();
    this.code = code;
    this.time += this.high.next() * 256 + this.low[this.lowAt++]!;
    if (code > 1 && (code < FIRST_ENTER || code - FIRST_ENTER >= this.functions)) {
      throw new BlockDamage(`event code ${code} means nothing here`);
    }
    return true;
  }

  /** NaN (a column that ended early) and every wrong delta end in a last time that is not the stated one. */
  private end(): false {
    const whole = this.time === this.lastTime && this.codes.atEnd && this.high.atEnd;
    if (!whole) throw new BlockDamage('the columns do not end where the block says');
    return false;
  }
}

/** The stack of open calls at the start of a block: function ids and start times, outermost first. */
export function decodeStack(block: EncodedBlock): { functions: FunctionId[]; starts: Ns[] } {
  const reader = new VarintReader(block.stack);
  const functions: FunctionId[] = [];
  const starts: Ns[] = [];
  if (block.depth * 2 > block.stack.length) throw new BlockDamage('the stack does not have its depth');
  for (let i = 0; i < block.depth; i++) {
    functions.push(reader.next() as FunctionId);
    starts.push((block.firstTime - reader.next()) as Ns);
  }
  if (!reader.atEnd) throw new BlockDamage('the stack does not have its depth');
  return { functions, starts };
}

function unpack(bytes: Uint8Array, compression: Compression): Uint8Array {
  if (compression === Compression.None) return bytes;
  if (compression !== Compression.Brotli) throw new BlockDamage(`compression ${compression} is unknown`);
  try {
    return brotliDecompressSync(bytes, { maxOutputLength: BLOCK_EVENTS * VARINT_MAX });
  } catch (cause) {
    throw new BlockDamage('a column does not decompress', { cause });
  }
}
