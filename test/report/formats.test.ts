import { beforeAll, describe, expect, it } from 'vitest';
import type { Ns, Tid } from '../../src/util/units.js';
import { FIRST_TID, type SampleEvent, writeSample } from '../trace/sample-trace.js';
import { parseChrome, parseFolded, textOf } from './run-report.js';

const NAMES = ['main', 'fib', 'std::map<int, char>::at(int const&)', 'malloc', 'work'];
const [MAIN, FIB, AT, MALLOC, WORK] = [0, 1, 2, 3, 4];

/**
 * Thread 0: main 1000..9000 calls fib 2000..6000, which calls fib 3000..5000, which calls at 3500..4000,
 * unwound; then malloc 7000..7400. Thread 1: work 2500.. never returns; calls malloc 2600..2700.
 */
const EVENTS: SampleEvent[] = [
  [0, 1000, MAIN],
  [0, 2000, FIB],
  [1, 2500, WORK],
  [1, 2600, MALLOC],
  [1, 2700, undefined, 0],
  [0, 3000, FIB],
  [0, 3500, AT],
  [0, 4000, undefined, 1],
  [0, 5000, undefined, 0],
  [0, 6000, undefined, 0],
  [0, 7000, MALLOC],
  [0, 7400, undefined, 0],
  [0, 9000, undefined, 0],
];
const HEADER = '# utrace: 7 calls, 2 threads, 12.000 us, 0 lost, 5 of 5 functions probed';

let path = '';
beforeAll(() => {
  const libraries = { malloc: 'libc.so.6' };
  path = writeSample({ names: NAMES, events: EVENTS, threads: 2, endTime: 12_000, libraries });
});

describe('summary', () => {
  it('counts recursion once and marks calls without a return', async () => {
    expect(await textOf(path, 'summary')).toBe(
      `${HEADER}
   TOTAL      SELF  CALLS  FUNCTION
9.500 us  9.400 us      1  work  [1 not returned]
8.000 us  3.600 us      1  main
4.000 us  3.500 us      2  fib
  500 ns    500 ns      2  malloc
  500 ns    500 ns      1  std::map<int, char>::at(int const&)  [1 unwound]
`,
    );
  });

  it('adds averages and percentages', async () => {
    const columns = { avgSelf: true, avgTotal: true, percentSelf: true, percentTotal: true };
    const text = await textOf(path, 'summary', { columns });
    expect(text).toContain('TOTAL      SELF  CALLS  AVG TOTAL  AVG SELF  % TOTAL   % SELF  FUNCTION');
    expect(text).toContain('4.000 us  3.500 us      2   2.000 us  1.750 us  22.86 %  20.00 %  fib');
  });

  it('draws a table on a terminal', async () => {
    expect(await textOf(path, 'summary', { terminal: true })).toMatch(/│.*fib.*│/);
  });
});

describe('call graph', () => {
  it('nests calls, threads by time', async () => {
    expect(await textOf(path, 'call-graph')).toBe(
      `${HEADER}
# DURATION | FUNCTION
           | main() {
           | work() {
    100 ns |   malloc();
           |   fib() {
           |     fib() {
    500 ns |       std::map<int, char>::at(int const&); /* unwound */
  2.000 us |     } /* fib */
  4.000 us |   } /* fib */
    400 ns |   malloc();
  8.000 us | } /* main */
  9.500 us | } /* work: not returned */
`,
    );
  });

  it('has columns of time, tid and library', async () => {
    const text = await textOf(path, 'call-graph', { timestamp: true, tid: true, libname: true });
    const lines = text.split('\n');
    expect(lines[1]).toBe('#           TIME     TID   DURATION | FUNCTION');
    expect(lines[4]).toBe('     0.000002600    1001     100 ns |   malloc@libc.so.6();');
    expect(lines.at(-2)).toBe('     0.000012000    1001   9.500 us | } /* work: not returned */');
  });

  it('is flat on request', async () => {
    const text = await textOf(path, 'call-graph', { flat: true, filter: { ...NO_FILTER, tid: tid(1) } });
    expect(text.split('\n').slice(2)).toEqual([
      '           | -> [1] work',
      '           | -> [2] malloc',
      '    100 ns | <- [2] malloc',
      '  9.500 us | <- [1] work /* not returned */',
      '',
    ]);
  });
});

describe('flame graph', () => {
  it('folds stacks, one line each, and loses no time', async () => {
    expect(await textOf(path, 'flame-graph', { sampleTime: 100 as Ns })).toBe(
      `main 36
main;fib 20
main;fib;fib 15
main;fib;fib;std::map<int, char>::at(int const&)_[unwound] 5
main;malloc 4
work_[open] 94
work_[open];malloc 1
`,
    );
    const samples = [...parseFolded(await textOf(path, 'flame-graph', { sampleTime: 3000 as Ns })).values()];
    expect(samples.reduce((sum, count) => sum + count, 0)).toBe(Math.round(17_500 / 3000));
  });

  it('survives names with semicolons, line breaks and numbers', async () => {
    const names = ['a;b', 'x\ny', 'operator"" 12', 'a:b'];
    const events: SampleEvent[] = [0, 1, 2, 3].flatMap((fn): SampleEvent[] => [
      [0, fn * 10_000, fn],
      [0, fn * 10_000 + 5000, undefined, 0],
    ]);
    const folded = parseFolded(await textOf(writeSample({ names, events }), 'flame-graph'));
    expect([...folded].sort()).toEqual([
      ['a:b', 10],
      ['operator""_12', 5],
      ['x y', 5],
    ]);
  });
});

describe('chrome', () => {
  it('is JSON with real ids, names and balanced events', async () => {
    const { calls, events, other } = parseChrome(await textOf(path, 'chrome'));
    expect(
      calls.map(({ name, tid: of, start, duration, ended }) => [name, of, start, duration, ended]),
    ).toEqual([
      [NAMES[AT], 1000, 3500, 500, 'unwound'],
      ['fib', 1000, 3000, 2000, undefined],
      ['fib', 1000, 2000, 4000, undefined],
      ['malloc', 1000, 7000, 400, undefined],
      ['main', 1000, 1000, 8000, undefined],
      ['malloc', 1001, 2600, 100, undefined],
      ['work', 1001, 2500, 9500, 'not returned'],
    ]);
    expect(
      events.filter((event) => event.ph === 'M').map((event) => [event.name, event.pid, event.args]),
    ).toEqual([
      ['process_name', 999, { name: 'sort' }],
      ['thread_name', 999, { name: 'thread 0' }],
      ['thread_name', 999, { name: 'thread 1' }],
    ]);
    expect(other).toMatchObject({ command: './sort -n 5000', start_monotonic_ns: '123456789012345678' });
  });

  it('escapes names, and is valid when empty', async () => {
    const name = 'a"\\b\u{1f600}';
    const one = writeSample({ names: [name], events: [[0, 1, 0]] });
    expect(parseChrome(await textOf(one, 'chrome')).calls[0]?.name).toBe(name);
    const none = writeSample({ names: [], events: [], threads: 0 });
    expect(parseChrome(await textOf(none, 'chrome')).calls).toEqual([]);
  });
});

describe('filters', () => {
  it('hide functions, by name and by library, in every format', async () => {
    const functions = { include: [], exclude: ['fib'] };
    const libraries = { include: [], exclude: ['libc'] };
    expect((await textOf(path, 'call-graph', { functions, libraries })).split('\n').slice(2)).toEqual([
      '           | main() {',
      '    500 ns |   std::map<int, char>::at(int const&); /* unwound */',
      '  8.000 us | } /* main */',
      '  9.500 us | work(); /* not returned */',
      '',
    ]);
    const folded = parseFolded(
      await textOf(path, 'flame-graph', { functions, libraries, sampleTime: 100 as Ns }),
    );
    expect(folded.get('main')).toBe(75);
  });

  it('name what is near a pattern that matches nothing', async () => {
    const functions = { include: ['fibb'], exclude: [] };
    await expect(textOf(path, 'summary', { functions })).rejects.toMatchObject({
      code: 'NO_MATCH',
      hint: 'did you mean fib?',
    });
    const libraries = { include: ['libm'], exclude: [] };
    await expect(textOf(path, 'summary', { libraries })).rejects.toMatchObject({ code: 'NO_MATCH' });
    const filter = { ...NO_FILTER, tid: tid(9) };
    await expect(textOf(path, 'summary', { filter })).rejects.toMatchObject({
      code: 'NO_MATCH',
      hint: 'it has 1000, 1001',
    });
  });
});

const NO_FILTER = { maxDepth: undefined, tid: undefined, minDuration: undefined };

function tid(thread: number): Tid {
  return (FIRST_TID + thread) as Tid;
}
