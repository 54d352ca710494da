/** The four formats of one trace, each read back by a reader of its own, their totals compared. */
import { beforeAll, expect, it } from 'vitest';
import { describePrivileged, fixture, record, report, temporaryFolder, utrace } from './run.js';
import { duration, type Summary, summaryOf } from './summary.js';

describePrivileged('reports', () => {
  const folder = temporaryFolder();
  let trace = '';
  let summary: Summary;

  beforeAll(async () => {
    trace = (await record(folder, [fixture('sort'), '-n', '500'])).trace;
    summary = await summaryOf(trace);
  });

  it('summary: sorted by total, recursion counted once', () => {
    const totals = summary.rows.map((row) => row.total);
    expect(totals).toEqual([...totals].sort((a, b) => b - a));
    const main = summary.byName.get('main');
    expect(summary.byName.get('quick_sort')?.total).toBeLessThan(main?.total ?? 0);
    expect(summary.head).toMatch(/calls.*thread.*lost.*function/i);
  });

  it('summary: averages and percentages', async () => {
    const text = await report(
      trace,
      'summary',
      '--avg-self',
      '--avg-total',
      '--percent-self',
      '--percent-total',
    );
    const head = text.split('\n').find((line) => /\bfunction\b/i.test(line) && /\bself\b/i.test(line)) ?? '';
    expect(head.toLowerCase().match(/avg|average|%|percent/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('call-graph is the default, nested by indentation, every call in it', async () => {
    const { stdout: text } = await utrace(['--report', '-i', trace]);
    expect(text).toBe(await report(trace, 'call-graph'));
    for (const name of ['partition', 'compare', 'fill', 'rand']) {
      const calls = text.match(new RegExp(`\\b${name}(@[^(]*)?\\(\\)(;| \\{)`, 'g'))?.length;
      expect([name, calls]).toEqual([name, summary.byName.get(name)?.calls]);
    }
    const fill = text.split('\n').find((line) => /\bfill\(\) \{/.test(line)) ?? '';
    const random = text.split('\n').find((line) => /random_number\(\)/.test(line)) ?? '';
    expect(random.search(/random_number/)).toBeGreaterThan(fill.search(/fill/));
    expect(text).toMatch(/\} \/\* main \*\//);
  });

  it('call-graph --flat: arrows and depth', async () => {
    const text = await report(trace, 'call-graph', '--flat');
    expect(text.split('\n').filter((line) => /-> \[\d+\] partition$/.test(line))).toHaveLength(
      summary.byName.get('partition')?.calls ?? -1,
    );
    expect(text).toMatch(/<- \[1\] main$/m);
  });

  it('flame-graph: folded stacks whose samples are the self times', async () => {
    const folded = parseFolded(await report(trace, 'flame-graph', '--compensate', '--sample-time', '1ns'));
    const byLeaf = new Map<string, number>();
    let sum = 0;
    for (const [stack, samples] of folded) {
      expect(Number.isInteger(samples)).toBe(true);
      const leaf = stack.split(';').at(-1) ?? '';
      byLeaf.set(leaf, (byLeaf.get(leaf) ?? 0) + samples);
      sum += samples;
    }
    expect(
      within(
        sum,
        summary.rows.reduce((all, row) => all + row.self, 0),
        0.01,
      ),
    ).toBe(true);
    const leaf = [...byLeaf].find(([name]) => name.startsWith('partition'))?.[1] ?? 0;
    expect(within(leaf, summary.byName.get('partition')?.self ?? 0, 0.01)).toBe(true);
  });

  it('flame-graph --sample-time: remainders are carried, no time is lost', async () => {
    const samples = async (time: string): Promise<number> =>
      parseFolded(await report(trace, 'flame-graph', '--sample-time', time)).reduce(
        (sum, [, n]) => sum + n,
        0,
      );
    const fine = await samples('1ns');
    expect(Math.abs((await samples('1us')) * 1000 - fine)).toBeLessThanOrEqual(1000);
    expect(Math.abs((await samples('10us')) * 10_000 - fine)).toBeLessThanOrEqual(10_000);
  });

  it('chrome: JSON with real ids, one complete event or one pair a call', async () => {
    const json = JSON.parse(await report(trace, 'chrome')) as { traceEvents: ChromeEvent[] };
    const calls = new Map<string, number>();
    for (const event of json.traceEvents) {
      if (event.ph === 'X' || event.ph === 'B') calls.set(event.name, (calls.get(event.name) ?? 0) + 1);
      expect(Number.isInteger(event.pid)).toBe(true);
    }
    for (const row of summary.rows) {
      const name = [...calls.keys()].find((key) => key === row.name || key.startsWith(`${row.name}@`)) ?? '';
      expect([row.name, calls.get(name)]).toEqual([row.name, row.calls]);
    }
    const main = json.traceEvents.find((event) => event.name === 'main' && event.ph === 'X');
    if (main?.dur !== undefined) {
      expect(within(main.dur * 1000, summary.byName.get('main')?.total ?? 0, 0.01)).toBe(true);
    }
    expect(json.traceEvents.some((event) => event.ph === 'M' && event.name === 'thread_name')).toBe(true);
  });

  it('threads keep their names', async () => {
    const threads = (await record(folder, [fixture('threads'), '5', '10'])).trace;
    const text = await report(threads, 'chrome');
    for (let i = 0; i < 5; i++) expect(text).toContain(`worker-${i}`);
  });

  it('sleeping takes the time that the program asked for', async () => {
    const { byName } = await summaryOf((await record(folder, [fixture('sleep')])).trace);
    const ms = (name: string, of: 'total' | 'self'): number => (byName.get(name)?.[of] ?? 0) / 1e6;
    expect(ms('outer', 'total')).toBeGreaterThanOrEqual(70);
    expect(ms('outer', 'total')).toBeLessThan(120);
    expect(ms('inner', 'total')).toBeGreaterThanOrEqual(40);
    expect(ms('nanosleep', 'self')).toBeGreaterThanOrEqual(80);
    expect(ms('outer', 'self')).toBeLessThan(10);
  });

  it('frames that never returned are closed and marked', async () => {
    const { trace: killed } = await record(folder, [fixture('ending'), 'signal', '9']);
    for (const format of ['summary', 'call-graph', 'flame-graph', 'chrome']) {
      expect([format, (await report(killed, format)).includes('last')]).toEqual([format, true]);
    }
    const { byName } = await summaryOf(killed);
    expect(byName.get('main')?.calls).toBe(1);
    expect(byName.get('main')?.total).toBeGreaterThanOrEqual(byName.get('work')?.total ?? 0);
  });

  it('-o writes the report to a file', async () => {
    const file = `${folder}/out.txt`;
    const outcome = await utrace(['--report', '-i', trace, '--format=flame-graph', '-o', file]);
    expect([outcome.status, outcome.stdout]).toEqual([0, '']);
    const { readFileSync } = await import('node:fs');
    expect(readFileSync(file, 'utf8')).toBe(await report(trace, 'flame-graph'));
  });

  it('durations carry their unit', () => {
    expect(duration('1.5 ms')).toBe(1_500_000);
  });
});

interface ChromeEvent {
  readonly ph: string;
  readonly name: string;
  readonly pid: number;
  readonly dur?: number;
}

/** Brendan Gregg's format: `frame;frame;frame count`. */
function parseFolded(text: string): [string, number][] {
  return text
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => {
      const [, stack, count] = /^(.+) (\d+)$/.exec(line) ?? [];
      if (stack === undefined) throw new Error(`not a folded stack: ${line}`);
      return [stack, Number(count)];
    });
}

function within(value: number, wanted: number, share: number): boolean {
  return Math.abs(value - wanted) <= wanted * share;
}
