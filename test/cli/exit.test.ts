/** utrace ends as its target ended. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statusOf } from '../../src/cli/exit.js';
import { type Compiled, compile } from './child.js';

describe('leave', () => {
  let compiled: Compiled;
  beforeAll(() => {
    compiled = compile('cli/exit.ts');
  });
  afterAll(() => compiled.remove());

  const leave = (args: string, before: readonly string[] = []) =>
    compiled.run(`const { leave } = await import(base + '/cli/exit.js'); await leave(${args});`, before);

  it.each([
    ['0, undefined', 0],
    ['3, undefined', 3],
    ['255, undefined', 255],
    ['undefined, undefined', 0],
  ])('leave(%s) exits with %i', (args, status) => {
    expect(leave(args)).toMatchObject({ status, signal: null, stderr: '' });
  });

  it.each([
    'SIGHUP',
    'SIGINT',
    'SIGQUIT',
    'SIGILL',
    'SIGTRAP',
    'SIGABRT',
    'SIGBUS',
    'SIGFPE',
    'SIGKILL',
    'SIGUSR1',
    'SIGSEGV',
    'SIGUSR2',
    'SIGPIPE',
    'SIGALRM',
    'SIGTERM',
    'SIGXCPU',
    'SIGPROF',
    'SIGSYS',
  ])('dies by %s', (signal) => {
    expect(leave(`undefined, '${signal}'`)).toMatchObject({ status: null, signal, stderr: '' });
  });

  it('dies though a handler of ours stands and the caller ignored the signal', () => {
    const outcome = compiled.run(
      `process.on('SIGHUP', () => {}); const { leave } = await import(base + '/cli/exit.js');
       await leave(undefined, 'SIGHUP');`,
      ['nohup'],
    );
    expect(outcome).toMatchObject({ status: null, signal: 'SIGHUP' });
  });

  it('leaves no core of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'utrace-core-'));
    const inFolder = (command: string): readonly string[] => [
      'sh',
      '-c',
      `cd ${folder} && ulimit -c unlimited && ${command}`,
      'sh',
    ];
    expect(leave(`undefined, 'SIGQUIT'`, inFolder('exec "$@"')).signal).toBe('SIGQUIT');
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('all output is written before', () => {
    const { stdout } = compiled.run(
      `process.stdout.write('x'.repeat(1 << 20)); const { leave } = await import(base + '/cli/exit.js');
       await leave(7, undefined);`,
    );
    expect(stdout.length).toBe(1 << 20);
  });

  it('the status of a shell where dying fails', () => {
    expect([statusOf('SIGINT'), statusOf('SIGSEGV')]).toEqual([130, 139]);
  });
});
