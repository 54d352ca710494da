/** What must hold for every trace, on random streams: three threads, unwound and open calls, filters. */
import { describe, expect, it } from 'vitest';
import { replay } from '../../src/report/replay.js';
import { type EventSink, Leave } from '../../src/trace/model.js';
import { openTrace } from '../../src/trace/reader.js';
import type { Ns } from '../../src/util/units.js';
import { randomEvents, randomSource, type SampleEvent, writeSample } from '../trace/sample-trace.js';
import { parseChrome, parseFolded, textOf } from './run-report.js';

const NAMES = ['main', 'f', 'g', 'h', 'operator new(unsigned long)'];
const ONE_NS = { sampleTime: 1 as Ns };
const FILTERS = [
  {},
  { functions: { include: [], exclude: ['f', 'main'] } },
  { filter: { maxDepth: 3, tid: undefined, minDuration: 1500 as Ns } },
];

describe('every random trace', () => {
  const seeds = Array.from({ length: 12 }, (_, seed) => seed);

  it.each(seeds)('has the same calls and times in each format (seed %i)', async (seed) => {
    const path = randomTrace(seed, 3000);
    for (const filter of FILTERS) {
      const { calls } = parseChrome(await textOf(path, 'chrome', filter));
      const selfOf = sums(calls.map((call) => [call.name, call.self]));
      const all = [...selfOf.values()].reduce((sum, self) => sum + self, 0);
      expect(all).toBe(rootTime(calls));
      for (const call of calls) expect(call.self).toBeGreaterThanOrEqual(0);

      const folded = parseFolded(await textOf(path, 'flame-graph', { ...filter, ...ONE_NS }));
      const leaf = (stack: string): string => stack.replace(/^.*;/, '').replace(/_\[\w+\]$/, '');
      const foldedSelf = sums([...folded].map(([stack, count]) => [leaf(stack), count]));
      expect(foldedSelf).toEqual(new Map([...selfOf].filter(([, self]) => self > 0).map(([n, s]) => [n, s])));

      const counts = sums(calls.map((call) => [call.name, 1]));
      expect(summaryCalls(await textOf(path, 'summary', filter))).toEqual(counts);

      const graph = await textOf(path, 'call-graph', filter);
      expect(graph.match(/ \{$/gm)?.length ?? 0).toBe(graph.match(/\| +\} \/\*/g)?.length ?? 0);
      expect(graph.match(/( \{|;( \/\*.*)?)$/gm)?.length ?? 0).toBe(calls.length);
      const flat = await textOf(path, 'call-graph', { ...filter, flat: true });
      expect(flat.match(/-> \[/g)?.length ?? 0).toBe(calls.length);
      expect(flat.match(/<- \[/g)?.length ?? 0).toBe(calls.length);
    }
  });

  it('is replayed balanced, by time over all threads', () => {
    for (const seed of seeds) {
      const trace = openTrace(randomTrace(seed, 5000));
      const sink = new Balance();
      for (const _ of replay(trace, 'by time', sink));
      trace.close();
      expect(sink.depths.every((depth) => depth === 0)).toBe(true);
      expect(sink.ordered).toBe(true);
      expect(sink.leaves).toBe(sink.enters);
      expect(sink.enters).toBe(trace.calls);
    }
  });

  it('survives lost events', async () => {
    for (const seed of seeds) {
      const random = randomSource(seed + 100);
      const path = randomTrace(seed, 2000, (events) => events.filter(() => random() > 0.2));
      const { calls } = parseChrome(await textOf(path, 'chrome'));
      const text = await textOf(path, 'summary');
      expect([...summaryCalls(text).values()].reduce((sum, count) => sum + count, 0)).toBe(calls.length);
      for (const call of calls) expect(call.self).toBeGreaterThanOrEqual(0);
    }
  });
});

function randomTrace(seed: number, events: number, change = (all: SampleEvent[]) => all): string {
  const options = { threads: 3, functions: NAMES.length, events };
  return writeSample({ names: NAMES, threads: 3, events: change(randomEvents(randomSource(seed), options)) });
}

function sums(parts: readonly (readonly [string, number])[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const [name, value] of parts) totals.set(name, (totals.get(name) ?? 0) + value);
  return totals;
}

/** Time of the outermost calls, from starts and durations alone. */
function rootTime(calls: readonly { tid: number; start: number; duration: number }[]): number {
  let time = 0;
  const ends = new Map<number, number>();
  const ordered = [...calls].sort((a, b) => a.start - b.start || b.duration - a.duration);
  for (const { tid, start, duration } of ordered) {
    if (start < (ends.get(tid) ?? 0)) continue;
    if (duration === 0) continue;
    ends.set(tid, start + duration);
    time += duration;
  }
  return time;
}

function summaryCalls(text: string): Map<string, number> {
  const rows = text.split('\n').slice(2).filter(Boolean);
  return new Map(
    rows.map((row) => {
      const [, , calls, name] = row.trim().split(/ {2,}/);
      return [name ?? '', Number(calls)];
    }),
  );
}

class Balance implements EventSink {
  readonly depths = [0, 0, 0];
  ordered = true;
  enters = 0;
  leaves = 0;
  private last = 0;

  enter(thread: number, time: number): void {
    this.depths[thread]!++;
    this.enters++;
    this.tick(time);
  }
  leave(thread: number, time: number, how: Leave): void {
    this.depths[thread]!--;
    this.leaves++;
    if (how === Leave.Open || this.depths[thread]! >= 0) this.tick(time);
    else this.ordered = false;
  }
  advance(): void {}

  private tick(time: number): void {
    if (time < this.last) this.ordered = false;
    this.last = time;
  }
}
