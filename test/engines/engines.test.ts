/**
 * The essential fixtures on every engine, forced: the same calls whatever the way probes are attached. An engine that
 * this kernel does not have is skipped, and says so. UTRACE_TEST_PATIENCE multiplies the time limit (emulated machines).
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  fixture,
  type Recording,
  record,
  report,
  run,
  start,
  temporaryFolder,
  utracePath,
} from '../e2e/run.js';
import { callsIn } from '../e2e/summary.js';
import { textIsTheFile } from '../e2e/text.js';
import { uprobeEvents } from './uprobe-events.js';

const limit = { timeout: 60_000 * Number(process.env.UTRACE_TEST_PATIENCE ?? 1) };
const folder = temporaryFolder();
const engines = ['session', 'multi', 'tracefs'] as const;
const lacking = new Map<string, string>();
for (const engine of process.getuid?.() === 0 ? engines : []) {
  const { status, stderr } = await run([
    utracePath,
    `--engine=${engine}`,
    '-o',
    '/dev/null',
    '--',
    '/bin/true',
  ]);
  const reason = /this kernel has no .*/.exec(stderr)?.[0];
  if (status === 125 && reason !== undefined) lacking.set(engine, reason);
  else if (status !== 0) throw new Error(`${engine}: ${stderr}`);
}

describe.each(engines)('%s', (engine) => {
  const reason = process.getuid?.() === 0 ? lacking.get(engine) : 'placing probes needs root';
  if (reason !== undefined) {
    it.skip(`skipped: ${reason}`, () => {});
    return;
  }
  const recordWith = (command: readonly string[], options: readonly string[] = []): Promise<Recording> =>
    record(folder, command, [`--engine=${engine}`, ...options]);

  it.each(['sort', 'sort-no-pie'])('%s: as often as the counted build', limit, async (name) => {
    const { trace, stdout, stderr } = await recordWith([fixture(name), '-n', '500']);
    expect(stderr).toContain(', 0 events lost');
    expect(stdout).toBe('sorted 500 ok\n');
    const calls = await callsIn(trace);
    for (const [name, count] of await countedSort()) expect([name, calls.get(name)]).toEqual([name, count]);
  });

  it('sort-static: its own functions', limit, async () => {
    const own = ['quick_sort', 'partition', 'swap'];
    const { trace } = await recordWith([fixture('sort-static'), '-n', '500'], ['-f', own.join(',')]);
    const counted = await countedSort();
    expect(await callsIn(trace)).toEqual(new Map(own.map((name) => [name, counted.get(name)])));
  });

  it('fib(20) is 21891 calls, each returned', limit, async () => {
    const { trace } = await recordWith([fixture('fib')], ['-f', 'fib']);
    expect(await callsIn(trace)).toEqual(new Map([['fib', 21891]]));
    expect(await report(trace, 'summary')).not.toMatch(/unwound/);
  });

  it('threads: 16 call 1000 times each', limit, async () => {
    const { trace } = await recordWith([fixture('threads'), '16', '1000'], ['-f', 'worker,work,step']);
    const calls = await callsIn(trace);
    expect([...calls].sort()).toEqual([
      ['step', 32_000],
      ['work', 16_000],
      ['worker', 16],
    ]);
  });

  it('C++', limit, async () => {
    const { trace, stdout } = await recordWith([fixture('cpp')]);
    expect(stdout).toBe('315\n');
    const calls = await callsIn(trace);
    expect(calls.get('geometry::detail::area(int, int)')).toBe(7);
    expect(calls.get('main::{lambda(int)#1}::operator()(int) const')).toBe(10);
  });

  it('--nest-lib: functions inside a loaded library', limit, async () => {
    const options = ['--nest-lib', 'libc*', '-f', 'main,srandom*,malloc'];
    const calls = await callsIn((await recordWith([fixture('sort'), '-n', '300'], options)).trace);
    expect([...calls.keys()].some((name) => name.startsWith('srandom'))).toBe(true);
    expect(calls.get('malloc')).toBeGreaterThanOrEqual(2);
  });

  it('a forked child is not counted and not harmed', limit, async () => {
    const { trace, stdout } = await recordWith([fixture('fork')]);
    expect(stdout.split('\n').sort().join('|')).toBe('|child 999000|parent 110, child ended with 6');
    expect((await callsIn(trace)).get('work')).toBe(15);
  });

  it('another process of the same program is not counted', limit, async () => {
    const other = start([fixture('server')]);
    await other.seen('ready');
    const traced = start([
      utracePath,
      '--record',
      `--engine=${engine}`,
      '-o',
      `${folder}/two-${engine}`,
      '--',
      fixture('server'),
    ]);
    await traced.seen('ready');
    expect(textIsTheFile(other.pid, fixture('server'))).toBe(true);
    for (const server of [other, traced]) {
      server.say(server === other ? 'work 30' : 'work 20');
      await server.seen(/done/);
      server.say('quit');
      expect((await server.ended).status).toBe(0);
    }
    expect((await callsIn(`${folder}/two-${engine}`)).get('handle')).toBe(20);
  });

  it('-p: from attach to Ctrl-C, all threads, and nothing is left in the process', limit, async () => {
    const server = start([fixture('server')]);
    await server.seen('ready');
    server.say('work 7');
    await server.seen('done 7');
    const trace = `${folder}/attach-${engine}.data`;
    const recorder = start([
      utracePath,
      '--record',
      `--engine=${engine}`,
      '-o',
      trace,
      '-p',
      `${server.pid}`,
    ]);
    await recorder.seen(`tracing process ${server.pid}`);
    expect(textIsTheFile(server.pid, fixture('server'))).toBe(false);
    server.say('work 100');
    await server.seen('done 100');
    server.say('threads 50');
    await server.seen('done 50');
    process.kill(recorder.pid, 'SIGINT');
    expect((await recorder.ended).status).toBe(0);
    expect(textIsTheFile(server.pid, fixture('server'))).toBe(true);
    server.say('work 9');
    await server.seen('done 9');
    server.say('quit');
    expect((await server.ended).status).toBe(0);
    const calls = await callsIn(trace);
    expect([calls.get('handle'), calls.get('parse'), calls.get('answer')]).toEqual([200, 200, 400]);
  });

  it('the exit status and the signal of the target are ours', limit, async () => {
    expect((await recordWith([fixture('ending'), 'exit', '42'])).status).toBe(42);
    const killed = await recordWith([fixture('ending'), 'abort']);
    expect(killed.signal).toBe('SIGABRT');
    expect((await callsIn(killed.trace)).get('work')).toBe(5);
  });

  it('a path with blanks', limit, async () => {
    const place = `${folder}/with blanks # ${engine}`;
    mkdirSync(place);
    copyFileSync(fixture('fib'), `${place}/fib`);
    const { trace } = await run(['chmod', '755', `${place}/fib`]).then(() =>
      recordWith([`${place}/fib`, '5'], ['-f', 'fib']),
    );
    expect((await callsIn(trace)).get('fib')).toBe(15);
  });
});

describe('tracefs alone', () => {
  const unprivileged = process.getuid?.() !== 0;

  it.skipIf(unprivileged)('more probes than one event takes (skipped without root)', limit, async () => {
    const options = ['--engine=tracefs', '--nest-lib', 'libc*'];
    const { trace } = await record(folder, [fixture('fib'), '10'], options);
    const head = (await report(trace, 'summary')).split('\n')[0] ?? '';
    expect(Number(/(\d+) of \d+ functions probed/.exec(head)?.[1])).toBeGreaterThan(2000);
    expect((await callsIn(trace)).get('fib')).toBe(177);
    expect(ours(await uprobeEvents())).toEqual([]);
  });

  it.skipIf(unprivileged)(
    'what a killed recorder leaves, the next one removes (skipped without root)',
    limit,
    async () => {
      const recorder = start([
        utracePath,
        '--record',
        '--engine=tracefs',
        '-o',
        `${folder}/killed`,
        '--',
        fixture('server'),
      ]);
      await recorder.seen('ready');
      process.kill(recorder.pid, 'SIGKILL');
      recorder.say('quit');
      await recorder.ended;
      expect(ours(await uprobeEvents()).length).toBeGreaterThan(0);
      await record(folder, [fixture('fib'), '3'], ['--engine=tracefs']);
      expect(ours(await uprobeEvents())).toEqual([]);
    },
  );
});

function ours(events: string): string[] {
  return events.split('\n').filter((line) => line.includes(':utrace_'));
}

async function countedSort(): Promise<Map<string, number>> {
  const { stdout } = await run([fixture('sort-counted'), '-n', '500']);
  const lines = stdout.trim().split('\n').slice(1);
  return new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
}
