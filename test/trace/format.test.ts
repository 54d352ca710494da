/** A reader written from docs/trace-format.md alone: SQL, varints, brotli; nothing of src/trace reads here. */
import { brotliDecompressSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { randomEvents, randomSource, type SampleEvent, writeSample } from './sample-trace.js';

interface Block {
  readonly first_time: number;
  readonly last_time: number;
  readonly events: number;
  readonly depth: number;
  readonly compression: number;
  readonly stack: Buffer;
  readonly codes: Buffer;
  readonly time_high: Buffer;
  readonly time_low: Buffer;
}

describe('the documented format', () => {
  it('is enough to read every event', () => {
    const options = { threads: 2, functions: 300, events: 200_000 };
    const events = randomEvents(randomSource(11), options);
    const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
    const db = new Database(writeSample({ names, events, threads: 2 }), { readonly: true });
    expect(db.pragma('application_id', { simple: true })).toBe(0x75747263);
    for (const thread of [0, 1]) {
      const found: SampleEvent[] = [];
      const open: { fn: number; start: number }[] = [];
      const blocks = db
        .prepare('SELECT * FROM block WHERE thread = ? ORDER BY sequence')
        .all(thread) as Block[];
      expect(blocks.length).toBeGreaterThan(1);
      for (const block of blocks) {
        expect(stackOf(block)).toEqual(open);
        for (const { code, time } of eventsOf(block)) {
          if (code >= 8) {
            open.push({ fn: code - 8, start: time });
            found.push([thread, time, code - 8]);
          } else {
            open.pop();
            found.push([thread, time, undefined, code]);
          }
        }
      }
      expect(found).toEqual(events.filter((event) => event[0] === thread));
    }
    db.close();
  });

  it('has an example that is right', () => {
    const example: Block = {
      first_time: 1000,
      last_time: 1400,
      events: 3,
      depth: 0,
      compression: 0,
      stack: Buffer.alloc(0),
      codes: Buffer.from('0b0c00', 'hex'),
      time_high: Buffer.from('000100', 'hex'),
      time_low: Buffer.from('002c64', 'hex'),
    };
    expect(eventsOf(example)).toEqual([
      { code: 11, time: 1000 },
      { code: 12, time: 1300 },
      { code: 0, time: 1400 },
    ]);
  });
});

function eventsOf(block: Block): { code: number; time: number }[] {
  const unpack = (bytes: Buffer): number[] =>
    varints(block.compression === 1 ? brotliDecompressSync(bytes) : bytes);
  const [codes, high] = [unpack(block.codes), unpack(block.time_high)];
  expect([codes.length, high.length, block.time_low.length]).toEqual([
    block.events,
    block.events,
    block.events,
  ]);
  let time = block.first_time;
  const events = codes.map((code, i) => {
    time += high[i]! * 256 + block.time_low[i]!;
    return { code, time };
  });
  expect(time).toBe(block.last_time);
  return events;
}

function stackOf(block: Block): { fn: number; start: number }[] {
  const numbers = varints(block.stack);
  expect(numbers.length).toBe(block.depth * 2);
  return Array.from({ length: block.depth }, (_, i) => ({
    fn: numbers[2 * i]!,
    start: block.first_time - numbers[2 * i + 1]!,
  }));
}

function varints(bytes: Buffer): number[] {
  const values: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(Number(value));
    value = 0n;
    shift = 0n;
  }
  return values;
}
