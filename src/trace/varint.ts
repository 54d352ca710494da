/**
 * LEB128 (DWARF 5, section 7.6), unsigned: seven bits a byte, lowest first, the high bit says that more
 * follow. Numbers reach 2^53, so values past 31 bits go through division in place of shifts.
 */

/** Most bytes that one varint takes. */
export const VARINT_MAX = 8;

/** Writes `value` at `at`, returns the position behind it. The caller has made room. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let position = at;
  while (rest > 0x7fffffff) {
    bytes[position++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 0x7f) {
    bytes[position++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[position++] = rest;
  return position;
}

/** Reads varints one after another; NaN where the bytes end within a number or a number is too long. */
export class VarintReader {
  position = 0;

  constructor(readonly bytes: Uint8Array) {}

  get atEnd(): boolean {
    return this.position === this.bytes.length;
  }

  next(): number {
    const { bytes } = this;
    const first = bytes[this.position++]!;
    if (first < 0x80) return first;
    const second = bytes[this.position]!;
    if (second < 0x80) {
      this.position++;
      return (first & 0x7f) | (second << 7);
    }
    this.position--;
    return this.long();
  }

  private long(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_MAX; i++) {
      const byte = this.bytes[this.position++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return Number.NaN;
  }
}
