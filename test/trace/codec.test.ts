import { describe, expect, it } from 'vitest';
import { BLOCK_EVENTS, BlockEncoder, type Compression } from '../../src/trace/block.js';
import { BlockCursor, BlockDamage, decodeStack } from '../../src/trace/cursor.js';
import { VarintReader, writeVarint } from '../../src/trace/varint.js';
import type { FunctionId, Ns } from '../../src/util/units.js';
import { randomSource } from './sample-trace.js';

const fn = (id: number) => id as FunctionId;
const ns = (time: number) => time as Ns;

describe('varint', () => {
  it('round-trips numbers up to 2^53', () => {
    const values = [0, 1, 127, 128, 16383, 16384, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 2 ** 53 - 1];
    const bytes = new Uint8Array(100);
    const end = values.reduce((at, value) => writeVarint(bytes, at, value), 0);
    const reader = new VarintReader(bytes.subarray(0, end));
    expect(values.map(() => reader.next())).toEqual(values);
    expect(reader.atEnd).toBe(true);
    expect(reader.next()).toBeNaN();
  });
});

describe('event blocks', () => {
  it.each([false, true])('hold what was put in (compressed: %s)', (compress) => {
    const random = randomSource(1);
    const encoder = new BlockEncoder();
    const expected: [code: number, time: number][] = [];
    let time = 5_000_000_000_000;
    let depth = 0;
    while (expected.length < BLOCK_EVENTS) {
      time += Math.floor(random() < 0.001 ? random() * 2 ** 45 : random() * 3000);
      if (depth > 0 && random() < 0.5) {
        depth--;
        const how = random() < 0.2 ? 1 : 0;
        encoder.leave(ns(time), how);
        expected.push([how, time]);
      } else {
        depth++;
        const id = Math.floor(random() ** 8 * 3_000_000);
        encoder.enter(ns(time), fn(id));
        expected.push([id + 8, time]);
      }
    }
    const cursor = new BlockCursor(encoder.encode(compress), 3_000_000);
    const found: [number, number][] = [];
    while (cursor.next()) found.push([cursor.code, cursor.time]);
    expect(found).toEqual(expected);
  });

  it('know the calls open at their start', () => {
    const encoder = new BlockEncoder();
    encoder.enter(ns(10), fn(3));
    encoder.enter(ns(20), fn(4));
    encoder.enter(ns(30), fn(5));
    encoder.leave(ns(40), 0);
    encoder.encode(true);
    encoder.next();
    encoder.leave(ns(70), 0);
    const block = encoder.encode(true);
    expect(block).toMatchObject({ depth: 2, events: 1, calls: 0, firstTime: 70, lastTime: 70 });
    expect(decodeStack(block)).toEqual({ functions: [3, 4], starts: [10, 20] });
  });

  it('never run backwards, and drop a leave without a call', () => {
    const encoder = new BlockEncoder();
    encoder.leave(ns(1), 0);
    encoder.enter(ns(10), fn(0));
    encoder.leave(ns(5), 0);
    const cursor = new BlockCursor(encoder.encode(false), 1);
    const found = [];
    while (cursor.next()) found.push([cursor.code, cursor.time]);
    expect(found).toEqual([
      [8, 10],
      [0, 10],
    ]);
  });

  it('report damage', () => {
    const encoder = new BlockEncoder();
    for (let i = 0; i < 100; i++) encoder.enter(ns(i * 1000), fn(i));
    const block = encoder.encode(true);
    const walk = (changed: Partial<typeof block>, functions = 100) => {
      const cursor = new BlockCursor({ ...block, ...changed }, functions);
      while (cursor.next());
    };
    expect(() => walk({})).not.toThrow();
    expect(() => walk({}, 50)).toThrow(BlockDamage);
    expect(() => walk({ codes: block.codes.subarray(0, 5) })).toThrow(BlockDamage);
    expect(() => walk({ timeLow: block.timeLow.subarray(1) })).toThrow(BlockDamage);
    expect(() => walk({ timeLow: block.timeLow.map((byte) => byte ^ 1) })).toThrow(BlockDamage);
    expect(() => walk({ compression: 7 as Compression })).toThrow(BlockDamage);
    expect(() => decodeStack({ ...block, depth: 2 ** 40 })).toThrow(BlockDamage);
  });

  it('take at most two bytes an event for a stream with noise in every time', () => {
    const random = randomSource(2);
    const encoder = new BlockEncoder();
    let time = 0;
    for (let i = 0; i < BLOCK_EVENTS / 2; i++) {
      time += 700 + Math.floor(random() * 400);
      encoder.enter(ns(time), fn(Math.floor(random() * 8)));
      time += 700 + Math.floor(random() * 400);
      encoder.leave(ns(time), 0);
    }
    const { codes, timeHigh, timeLow } = encoder.encode(true);
    expect((codes.length + timeHigh.length + timeLow.length) / BLOCK_EVENTS).toBeLessThan(2);
  });
});
