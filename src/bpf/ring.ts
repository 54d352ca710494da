/**
 * A reader of BPF_MAP_TYPE_RINGBUF over mapped memory, without a system call per round.
 * Layout and protocol: Documentation/bpf/ringbuf.rst and kernel/bpf/ringbuf.c (5.8 and later):
 * page 0 consumer position (writable), page 1 producer position, then the data, mapped twice in a row
 * so that no record is ever split. Each record: u32 length with BUSY and DISCARD bits, u32 page offset, payload.
 */
import { mapShared, PAGE } from './libc.js';

const BUSY = 0x80000000;
const DISCARD = 0x40000000;
const LENGTH_MASK = 0x3fffffff;
const HEADER = 8;

/** `words` is the whole ring as u32; the payload starts at `index` and has `length` bytes. Valid during the call only. */
export type RecordHandler = (words: Uint32Array, index: number, length: number) => void;

export class RingReader {
  readonly bytes: number;
  readonly #consumer: BigInt64Array;
  readonly #producer: BigInt64Array;
  readonly #words: Uint32Array;
  readonly #headers: Int32Array;

  /** `bytes` is the map's `max_entries`: a power of two and a multiple of the page. */
  constructor(fd: number, bytes: number) {
    this.bytes = bytes;
    this.#consumer = new BigInt64Array(mapShared(fd, PAGE, 0, true), 0, 1);
    const readOnly = mapShared(fd, PAGE + 2 * bytes, PAGE, false);
    this.#producer = new BigInt64Array(readOnly, 0, 1);
    this.#words = new Uint32Array(readOnly, PAGE);
    this.#headers = new Int32Array(readOnly, PAGE);
  }

  /** Bytes written and not yet consumed. */
  pending(): number {
    return Number(Atomics.load(this.#producer, 0) - Atomics.load(this.#consumer, 0));
  }

  /** Hands over every complete record that was there at the call, in order. Returns their number. */
  drain(handle: RecordHandler): number {
    const start = Atomics.load(this.#consumer, 0);
    const available = Number(Atomics.load(this.#producer, 0) - start);
    const mask = this.bytes - 1;
    let position = Number(start & BigInt(mask));
    const end = position + available;
    let released = position;
    let records = 0;
    while (position < end) {
      const index = (position & mask) >>> 2;
      // A plain read could be hoisted out of the loop; the atomic one is also the acquire the protocol asks for.
      const header = Atomics.load(this.#headers, index);
      if ((header & BUSY) !== 0) break;
      const length = header & LENGTH_MASK;
      if ((header & DISCARD) === 0) {
        handle(this.#words, index + HEADER / 4, length);
        records++;
      }
      position += (HEADER + length + 7) & ~7;
      // Space is given back in portions, so that a long round does not starve the producers.
      if (position - released >= this.bytes / 8) {
        Atomics.store(this.#consumer, 0, start + BigInt(position) - (start & BigInt(mask)));
        released = position;
      }
    }
    Atomics.store(this.#consumer, 0, start + BigInt(position) - (start & BigInt(mask)));
    return records;
  }
}
