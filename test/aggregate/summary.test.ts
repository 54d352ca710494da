/** --summary: sums made in the kernel, against arithmetic and against a recorded trace of the same program. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  describePrivileged,
  fixture,
  record,
  start,
  temporaryFolder,
  utrace,
  utracePath,
} from '../e2e/run.js';
import { callsIn, parseSummary } from '../e2e/summary.js';
import { aggregate, readAggregated, sum } from './run-summary.js';

describePrivileged('--summary', () => {
  const folder = temporaryFolder();

  it('fib(20) is 21891 calls, and recursion counts once in the total', async () => {
    const { summary, histograms, stdout } = await aggregate(folder, [fixture('fib')]);
    expect(stdout).toBe('6765\n');
    expect(summary.head).toMatch(
      /^# utrace: 218\d\d calls, 1 thread, .*, 0 lost, \d+ of \d+ functions probed$/,
    );
    const fib = summary.byName.get('fib');
    const main = summary.byName.get('main');
    expect(fib?.calls).toBe(21891);
    expect(main?.calls).toBe(1);
    expect(fib?.total).toBeLessThanOrEqual(main?.total ?? 0);
    expect(fib?.self).toBe(fib?.total);
    expect(sum(histograms.get('fib')?.values() ?? [])).toBe(21891);
  });

  it.each([
    ['sort', ['-n', '2000']],
    ['threads', ['16', '200']],
    ['deep', ['200', '5']],
    ['jump', ['100']],
    ['fork', []],
    ['startup', []],
    ['spawner', ['200', 'exit']],
  ])('%s: the calls, notes and threads of a recorded trace', async (name, args) => {
    const command = [fixture(name), ...args];
    const aggregated = await aggregate(folder, command);
    const recorded = await record(folder, command);
    expect(aggregated.stdout).toBe(recorded.stdout);
    expect(callsOf(aggregated.summary)).toEqual(await callsIn(recorded.trace));
    const report = await utrace(['--report', '-i', recorded.trace, '--format=summary']);
    expect(notes(aggregated.text)).toEqual(notes(report.stdout));
    const threads = / \d+ threads?,/;
    expect(threads.exec(aggregated.summary.head)?.[0]).toBe(threads.exec(report.stdout)?.[0]);
    for (const { name: fn, calls } of aggregated.summary.rows) {
      expect([fn, sum(aggregated.histograms.get(fn)?.values() ?? [])]).toEqual([fn, calls]);
    }
  });

  it('self times sum up to the total of the outermost calls', async () => {
    const { summary } = await aggregate(folder, [fixture('sleep')], ['--no-function', '__cxa_finalize']);
    const main = summary.byName.get('main')?.total ?? 0;
    const self = sum(summary.rows.map((row) => row.self));
    expect(Math.abs(self - main) / main).toBeLessThan(0.001);
  });

  it('durations of 20 ms and 70 ms are in their buckets', async () => {
    const { summary, histograms } = await aggregate(folder, [fixture('sleep')]);
    const inBuckets = (name: string, ...starts: number[]): number =>
      sum(starts.map((start) => histograms.get(name)?.get(start) ?? 0));
    // A machine that is busy makes them longer, never shorter.
    expect(inBuckets('inner', 16_777_000, 33_554_000)).toBe(2);
    expect(inBuckets('outer', 67_108_000, 134_217_000)).toBe(1);
    const inner = summary.byName.get('inner')?.total ?? 0;
    expect(inner).toBeGreaterThan(40e6);
    expect(inner).toBeLessThan(100e6);
  });

  it('5000 threads one after another leave no stack behind', async () => {
    const { summary, stderr } = await aggregate(folder, [fixture('spawner'), '5000'], ['--debug']);
    expect(summary.byName.get('work')?.calls).toBe(15_000);
    expect(summary.head).toMatch(/ 5001 threads, /);
    expect(summary.head).not.toMatch(/to be timed|without a call/);
    expect(stderr).toMatch(/\b0 stacks in use at the end/);
  });

  it('calls deeper than the stacks are counted, and said not to be timed', async () => {
    const { summary, histograms } = await aggregate(folder, [fixture('deep'), '1500']);
    const { byName, head } = summary;
    expect([byName.get('down')?.calls, byName.get('leaf')?.calls]).toEqual([1500, 1501]);
    const untimed = Number(/ (\d+) calls too deep to be timed/.exec(head)?.[1]);
    expect(untimed).toBeGreaterThan(900);
    const timed = ['down', 'leaf'].map((name) => sum(histograms.get(name)?.values() ?? []));
    expect(sum(timed) + untimed).toBe(3001);
  });

  it('takes the options of a recording, and refuses those that need events', async () => {
    const { summary } = await aggregate(
      folder,
      [fixture('sort'), '-n', '500'],
      ['-f', 'partition,malloc', '--libname', '--avg-self', '--percent-total'],
    );
    expect(summary.rows.map((row) => row.name).sort()).toEqual(['malloc@libc.so.6', 'partition']);
    for (const option of ['--max-depth=3', '--time-filter=1ms', '--buffer=1M', '--flat']) {
      const outcome = await utrace(['--summary', option, '--', fixture('fib')]);
      expect(outcome.status).toBe(125);
      expect(outcome.stderr).toMatch(/means nothing to --summary/);
      expect(outcome.stdout).toBe('');
    }
  });

  it.each([
    [['return', '3'], 3, null],
    [['exit', '42'], 42, null],
    [['signal', '15'], null, 'SIGTERM'],
  ])('leaves as the target does: %s', async (how, status, signal) => {
    const outcome = await aggregate(folder, [fixture('ending'), ...how]);
    expect([outcome.status, outcome.signal]).toEqual([status, signal]);
    expect(outcome.summary.byName.get('work')?.calls).toBe(5);
  });

  it('-p: counts until Ctrl-C, shows tables meanwhile, and leaves the process unharmed', async () => {
    const server = start([fixture('server')]);
    await server.seen('ready');
    const path = join(folder, 'attached.txt');
    const options = ['--summary', '--interval', '100ms', '-o', path, '-p', `${server.pid}`];
    const attached = start([utracePath, ...options]);
    // A table is shown only after the probes stand.
    while (!(fileText(path)?.includes('functions probed') ?? false)) await pause(20);
    server.say('work 100');
    await server.seen('done 100');
    server.say('threads 50');
    await server.seen('done 50');
    await pause(300);
    process.kill(attached.pid, 'SIGINT');
    const outcome = await attached.ended;
    expect([outcome.status, outcome.stderr.match(/error|cannot/i)]).toEqual([0, null]);
    server.say('work 9');
    await server.seen('done 9');
    server.say('quit');
    expect((await server.ended).status).toBe(0);
    const blocks = readFileSync(path, 'utf8').split(/^(?=# \d{4}-\d\d-\d\dT)/m);
    expect(blocks.length).toBeGreaterThan(3);
    for (const block of blocks.slice(-2)) {
      const { byName } = parseSummary(block);
      expect(['handle', 'parse', 'answer'].map((name) => byName.get(name)?.calls)).toEqual([200, 200, 400]);
    }
    expect(blocks.at(-1)).toMatch(/fgets {2}\[1 not returned\]/);
  });

  it('a recorder killed with SIGKILL leaves the target running to its end', async () => {
    const recorder = start([utracePath, '--summary', '--', fixture('server')]);
    await recorder.seen('ready');
    recorder.say('work 60');
    await recorder.seen('done 60');
    process.kill(recorder.pid, 'SIGKILL');
    recorder.say('work 4');
    await recorder.seen('done 4');
    recorder.say('quit');
    await recorder.ended;
  });

  it('-o is written also where the target is killed', async () => {
    const path = join(folder, 'killed.txt');
    const outcome = await utrace(['--summary', '-o', path, '--', fixture('ending'), 'signal', '9']);
    expect(outcome.signal).toBe('SIGKILL');
    expect(readAggregated(path).summary.byName.get('main')?.calls).toBe(1);
  });
});

function callsOf({
  rows,
}: {
  readonly rows: readonly { name: string; calls: number }[];
}): Map<string, number> {
  return new Map(rows.map((row) => [row.name, row.calls]));
}

/** `name [2 unwound]`, without times. */
function notes(table: string): string[] {
  return table
    .split('\n')
    .flatMap((line) => /\S+ {2}\[.*\]$/.exec(line)?.[0] ?? [])
    .sort();
}

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
