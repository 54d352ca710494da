import { describe, expect, it } from 'vitest';
import { filterEvents } from '../../src/trace/filter.js';
import type { CallFilter, EventSink } from '../../src/trace/model.js';
import type { Ns, Tid } from '../../src/util/units.js';
import { deliver, randomEvents, randomSource, type SampleEvent } from './sample-trace.js';

const NONE: CallFilter = { maxDepth: undefined, tid: undefined, minDuration: undefined };
const tidOf = (thread: number) => (100 + thread) as Tid;

class Recording implements EventSink {
  readonly seen: SampleEvent[] = [];
  advanced = -1;
  enter(thread: number, time: number, fn: number): void {
    this.seen.push([thread, time, fn]);
  }
  leave(thread: number, time: number, how: number): void {
    this.seen.push([thread, time, undefined, how]);
  }
  advance(time: number): void {
    this.advanced = time;
  }
}

function filtered(
  filter: Partial<CallFilter>,
  events: readonly SampleEvent[],
  hidden: readonly number[] = [],
) {
  const recording = new Recording();
  const isVisible = hidden.length > 0 ? (fn: number) => !hidden.includes(fn) : undefined;
  deliver(events, filterEvents({ ...NONE, ...filter }, { tidOf, isVisible }, recording));
  return recording.seen;
}

/** a(0..100) calls b(10..30) calls c(12..18); a calls c(40..90). */
const NESTED: SampleEvent[] = [
  [0, 0, 0],
  [0, 10, 1],
  [0, 12, 2],
  [0, 18, undefined, 0],
  [0, 30, undefined, 0],
  [0, 40, 2],
  [0, 90, undefined, 0],
  [0, 100, undefined, 0],
];

describe('filters', () => {
  it('cost nothing when none is set', () => {
    const sink = new Recording();
    expect(filterEvents(NONE, { tidOf }, sink)).toBe(sink);
  });

  it('cut at a depth', () => {
    expect(filtered({ maxDepth: 2 }, NESTED)).toEqual(
      NESTED.filter((event) => event[1] !== 12 && event[1] !== 18),
    );
    expect(filtered({ maxDepth: 1 }, NESTED)).toEqual([NESTED[0], NESTED[7]]);
  });

  it('keep one thread', () => {
    const other = NESTED.map(
      ([, time, fn, how]): SampleEvent => (how === undefined ? [1, time, fn] : [1, time, fn, how]),
    );
    expect(filtered({ tid: 101 as Tid }, [...NESTED, ...other])).toEqual(other);
  });

  it('drop short calls and keep the order of times', () => {
    expect(filtered({ minDuration: 20 as Ns }, NESTED)).toEqual(
      NESTED.filter((event) => event[1] !== 12 && event[1] !== 18),
    );
    expect(filtered({ minDuration: 50 as Ns }, NESTED).map((event) => event[1])).toEqual([0, 40, 90, 100]);
  });

  it('show a call as soon as it has been open long enough', () => {
    const recording = new Recording();
    const sink = filterEvents({ ...NONE, minDuration: 20 as Ns }, { tidOf }, recording);
    deliver(NESTED.slice(0, 2), sink);
    sink.advance(19 as Ns);
    expect(recording.seen).toEqual([]);
    sink.advance(25 as Ns);
    expect(recording.seen).toEqual([[0, 0, 0]]);
    expect(recording.advanced).toBe(5);
  });

  it('move the callees of a hidden function up, before depths are counted', () => {
    expect(filtered({ maxDepth: 2 }, NESTED, [1])).toEqual(
      NESTED.filter((event) => event[1] !== 10 && event[1] !== 30),
    );
  });

  it('keep random streams balanced and in order', () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = randomSource(seed);
      const events = randomEvents(random, { threads: 3, functions: 5, events: 500 });
      const seen = filtered({ minDuration: 2000 as Ns, maxDepth: 4 }, events, [2]);
      const depths = [0, 0, 0];
      const times = [0, 0, 0];
      for (const [thread, time, fn] of seen) {
        expect(time).toBeGreaterThanOrEqual(times[thread]!);
        times[thread] = time;
        depths[thread]! += fn === undefined ? -1 : 1;
        expect(depths[thread]).toBeGreaterThanOrEqual(0);
        expect(depths[thread]).toBeLessThanOrEqual(4);
      }
    }
  });
});
