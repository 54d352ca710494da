/**
 * Text under construction, as UTF-8 bytes in chunks: reports of millions of lines write digits and
 * encoded names straight into it, which is several times faster than joining strings. A full chunk goes
 * to `emit` and is never touched again.
 */
import { type TimeParts, timeParts } from './format-time.js';

export class ByteText {
  private chunk: Uint8Array = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private at = 0;
  private readonly parts: TimeParts = timeParts(0);

  constructor(private readonly emit: (chunk: Uint8Array) => void) {}

  text(text: string): void {
    this.bytes(encoder.encode(text));
  }

  /** Copies; names are short, so a loop beats `set`. */
  bytes(bytes: Uint8Array): void {
    const length = bytes.length;
    if (this.at + length > this.chunk.length) this.makeRoom(length);
    const { chunk } = this;
    let { at } = this;
    if (length > 64) chunk.set(bytes, at);
    else for (let i = 0; i < length; i++) chunk[at + i] = bytes[i]!;
    at += length;
    this.at = at;
  }

  byte(code: number): void {
    if (this.at === this.chunk.length) this.makeRoom(1);
    this.chunk[this.at++] = code;
  }

  spaces(count: number): void {
    if (this.at + count > this.chunk.length) this.makeRoom(count);
    const { chunk } = this;
    const end = this.at + count;
    for (let at = this.at; at < end; at++) chunk[at] = SPACE;
    this.at = end;
  }

  /** A non-negative integer, right-aligned to `width`, filled up with `fill`. */
  integer(value: number, width = 0, fill = SPACE): void {
    if (this.at + MAX_DIGITS + width > this.chunk.length) this.makeRoom(MAX_DIGITS + width);
    const { chunk } = this;
    const length = Math.max(digits(value), width);
    let rest = value;
    let at = this.at + length;
    while (rest > 0x7fffffff) {
      const higher = Math.floor(rest / 10);
      chunk[--at] = ZERO + (rest - higher * 10);
      rest = higher;
    }
    do {
      const higher = (rest / 10) | 0;
      chunk[--at] = ZERO + (rest - higher * 10);
      rest = higher;
    } while (rest > 0);
    while (at > this.at) chunk[--at] = fill;
    this.at += length;
  }

  /** `value / 1000` with exactly three decimals; ns as us, for example. */
  thousandths(value: number, width = 0): void {
    const whole = Math.floor(value / 1000);
    this.integer(whole, width - 4);
    this.byte(POINT);
    this.integer(value - whole * 1000, 3, ZERO);
  }

  /** As `formatTime`, right-aligned to TIME_WIDTH. */
  time(ns: number): void {
    const parts = timeParts(ns, this.parts);
    if (parts.thousandths < 0) {
      this.integer(parts.whole, TIME_WIDTH - 3);
    } else {
      this.integer(parts.whole, TIME_WIDTH - (parts.unit === 's' ? 6 : 7));
      this.byte(POINT);
      this.integer(parts.thousandths, 3, ZERO);
    }
    this.byte(SPACE);
    if (parts.unit !== 's') this.byte(parts.unit.charCodeAt(0));
    this.byte(0x73);
  }

  flush(): void {
    if (this.at === 0) return;
    this.emit(this.chunk.subarray(0, this.at));
    this.chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.at = 0;
  }

  private makeRoom(bytes: number): void {
    this.flush();
    if (bytes > CHUNK_BYTES) this.chunk = new Uint8Array(bytes);
  }
}

/** `123.456 ms` */
export const TIME_WIDTH = 10;
const CHUNK_BYTES = 65536;
const MAX_DIGITS = 20;
const SPACE = 0x20;
const ZERO = 0x30;
const POINT = 0x2e;
const encoder = new TextEncoder();

function digits(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count++;
  return count;
}
