/** The target notices nothing: streams, environment, limits, signals, exit status are those of a plain run. */
import { constants } from 'node:os';
import { expect, it } from 'vitest';
import {
  describePrivileged,
  fixture,
  record,
  run,
  start,
  temporaryFolder,
  until,
  utracePath,
} from './run.js';
import { callsIn } from './summary.js';

const live = [utracePath, '-o', '/dev/null', '--'];

describePrivileged('the target', () => {
  const folder = temporaryFolder();

  it.each([
    ['recorded', [utracePath, '--record', '-o', `${folder}/environment.data`, '--']],
    ['live', live],
  ])('has the same argv, environment, limits, descriptors, ids and signals when %s', async (_, prefix) => {
    const argv = [fixture('environment'), 'a', 'b c', '', '$HOME', '*'];
    // A soft limit below the hard one: Node raises its own, and must not hand that down.
    const shell = (words: readonly string[]): string[] => [
      'sh',
      '-c',
      'ulimit -Sn 777; exec "$@"',
      'sh',
      ...words,
    ];
    const environment = { ...process.env, _: 'same', ODD: 'a\nb' };
    const plain = await run(shell(argv), { env: environment });
    const traced = await run(shell([...prefix, ...argv]), { env: environment });
    expect(traced.stdout).toContain('limit 7: 777');
    expect(traced.stdout).toBe(plain.stdout);
  });

  it('inherits ignored signals, umask and extra descriptors', async () => {
    const shell = 'trap "" USR1; umask 027; exec 5</dev/null 7>/dev/null; exec "$@"';
    const plain = await run(['sh', '-c', shell, 'sh', fixture('environment')]);
    const traced = await run(['sh', '-c', shell, 'sh', ...live, fixture('environment')]);
    expect(traced.stdout).toBe(plain.stdout);
    expect(traced.stdout).toContain('fd 7');
  });

  it('gets no variable of ours, however small its environment is', async () => {
    const node = `UTRACE_NODE=${process.execPath}`;
    const { stdout } = await run(['env', '-i', 'A=1', node, ...live, fixture('environment')]);
    const lines = stdout.split('\n').filter((line) => line.startsWith('environ'));
    const names = lines.map((line) => /: (\w+)=/.exec(line)?.[1]);
    // Every shell sets PWD, and one holds the target until its probes stand.
    expect(names.filter((name) => name !== 'PWD').sort()).toEqual(['A', 'UTRACE_NODE']);
  });

  it('reads our stdin and writes our stdout and stderr, byte for byte', async () => {
    const bytes = Array.from({ length: 50_000 }, (_, i) => String.fromCharCode(32 + (i % 90))).join('');
    const { stdout } = await run([...live, '/bin/cat'], { input: bytes });
    expect(stdout).toBe(bytes);
    const mixed = await run([...live, '/bin/sh', '-c', 'echo out; echo err >&2']);
    expect(mixed.stdout).toBe('out\n');
    expect(mixed.stderr).toContain('err\n');
  });

  it.each([
    [['return', '3'], 3],
    [['exit', '42'], 42],
    [['_exit', '5'], 5],
    [['thread'], 4],
    [['return', '0'], 0],
  ])('ending %j: its exit status is ours', async (how, status) => {
    const outcome = await record(folder, [fixture('ending'), ...how]);
    expect(outcome.status).toBe(status);
    expect((await callsIn(outcome.trace)).get('work')).toBe(5);
  });

  it.each([
    [['segv'], 'SIGSEGV'],
    [['abort'], 'SIGABRT'],
    [['signal', `${constants.signals.SIGTERM}`], 'SIGTERM'],
    [['signal', `${constants.signals.SIGKILL}`], 'SIGKILL'],
    [['signal', `${constants.signals.SIGPIPE}`], 'SIGPIPE'],
  ])('ending %j: we die by its signal, with a whole trace', async (how, signal) => {
    const outcome = await record(folder, [fixture('ending'), ...how]);
    expect(outcome.signal).toBe(signal);
    const calls = await callsIn(outcome.trace);
    expect(calls.get('work')).toBe(5);
    expect(calls.get('last')).toBe(1);
  });

  it('Ctrl-C reaches the target, which cleans up; the trace is finished', async () => {
    const trace = `${folder}/interrupt.data`;
    const traced = start([utracePath, '--record', '-o', trace, '--', fixture('interrupt'), 'clean'], {
      detached: true,
    });
    await traced.seen('ready');
    process.kill(-traced.pid, 'SIGINT'); // as a terminal does: to the whole foreground group
    const { status, stdout } = await traced.ended;
    expect(stdout).toContain('cleaned up');
    expect(status).toBe(7);
    expect((await callsIn(trace)).get('clean_up')).toBe(1);
  });

  it('SIGINT and SIGTERM sent to utrace alone reach the target as well', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const traced = start([
        utracePath,
        '--record',
        '-o',
        `${folder}/one.data`,
        '--',
        fixture('interrupt'),
        'clean',
      ]);
      await traced.seen('ready');
      process.kill(traced.pid, signal);
      const { status, stdout } = await traced.ended;
      expect([signal, status, stdout.split('\n')[1]]).toEqual([signal, 7, 'cleaned up']);
    }
  });

  it('a target that ignores Ctrl-C runs on; a second one ends utrace at once, with a readable trace', async () => {
    const trace = `${folder}/ignore.data`;
    const traced = start([utracePath, '--record', '-o', trace, '--', fixture('interrupt'), 'ignore'], {
      detached: true,
    });
    let target = 0;
    traced.child.stdout?.on('data', (chunk: Buffer) => {
      target ||= Number(/ready (\d+)/.exec(chunk.toString())?.[1] ?? 0);
    });
    await traced.seen('ready');
    process.kill(-traced.pid, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const early = await Promise.race([traced.ended, undefined]);
    expect([early, isAlive(target)]).toEqual([undefined, true]);
    process.kill(-traced.pid, 'SIGINT');
    await until('utrace to end', () => !isAlive(traced.pid), 5000);
    expect((await callsIn(trace)).get('tick')).toBeGreaterThan(50);
    if (isAlive(target)) process.kill(target, 'SIGKILL');
    await traced.ended;
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
