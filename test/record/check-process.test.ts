/** PIDs of every kind that cannot be traced, as real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requireProcess } from '../../src/record/check-process.js';
import { UtraceError } from '../../src/util/errors.js';
import type { Pid } from '../../src/util/units.js';
import { AS_NOBODY, type Compiled, compile, isRoot } from '../cli/child.js';

describe('requireProcess', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const start = async (command: string, ...args: readonly string[]): Promise<ChildProcess> => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    await once(child, 'spawn');
    return child;
  };

  it('a living process passes', async () => {
    const { pid } = await start('sleep', '60');
    expect(() => requireProcess(pid as Pid)).not.toThrow();
  });

  it('no such process', async () => {
    const child = await start('true');
    await once(child, 'exit');
    for (const pid of [4194305, child.pid!, 0, -1]) {
      expect(refusal(pid)).toMatchObject({ code: 'NO_SUCH_PROCESS', exitCode: 125 });
      expect(refusal(pid).message).toContain(String(pid));
    }
  });

  it('a thread: says of which process', async () => {
    const { pid } = await start(process.execPath, '-e', 'setInterval(() => {}, 1000)');
    const thread = await other(() => readdirSync(`/proc/${pid}/task`).find((tid) => Number(tid) !== pid));
    const error = refusal(Number(thread));
    expect(error.code).toBe('THREAD_NOT_PROCESS');
    expect(error.message).toContain(`of process ${pid}`);
    expect(error.hint).toContain(`utrace -p ${pid} --tid-filter ${thread}`);
  });

  it('utrace itself, and its threads', () => {
    expect(refusal(process.pid).code).toBe('OWN_PROCESS');
    const thread = readdirSync('/proc/self/task').find((tid) => Number(tid) !== process.pid);
    expect(refusal(Number(thread)).code).toBe('OWN_PROCESS');
  });

  it('a zombie: names its parent', async () => {
    // The shell becomes, before its child ends, a program that never waits for it.
    const parent = await start('sh', '-c', 'sleep 0.5 & echo $!; exec sleep 60');
    const [line] = (await once(parent.stdout!, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await other(() => /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) || undefined);
    const error = refusal(pid);
    expect(error.code).toBe('ZOMBIE_PROCESS');
    expect(error.message).toContain(`parent ${parent.pid}`);
  });

  it.skipIf(!existsSync('/proc/2') || readFileSync('/proc/2/comm', 'utf8') !== 'kthreadd\n')(
    'a kernel thread (skipped in a PID namespace, which shows none)',
    () => {
      expect(refusal(2)).toMatchObject({ code: 'KERNEL_THREAD' });
    },
  );

  describe.runIf(isRoot)('as a plain user (root only)', () => {
    let compiled: Compiled;
    beforeAll(() => {
      compiled = compile('record/check-process.ts');
    });
    afterAll(() => compiled.remove());

    it("another user's process: says whose, and prints the command with sudo", async () => {
      const { pid } = await start('sleep', '60');
      const { stdout } = compiled.run(
        `const { requireProcess } = await import(base + '/record/check-process.js');
         try { requireProcess(${pid}); } catch ({ code, message, hint }) { console.log(code, message, hint); }`,
        AS_NOBODY,
      );
      expect(stdout).toMatch(/^OTHER_USERS_PROCESS .*\(sleep\) of user 0.*sudo \//);
    });

    it('its own process passes', () => {
      const { stdout, stderr } = compiled.run(
        `const { spawn } = await import('node:child_process');
         const child = spawn('sleep', ['60']);
         await new Promise((done) => child.once('spawn', done));
         const { requireProcess } = await import(base + '/record/check-process.js');
         requireProcess(child.pid); console.log('passed'); child.kill();`,
        AS_NOBODY,
      );
      expect([stdout, stderr]).toEqual(['passed\n', '']);
    });
  });
});

function refusal(pid: number): UtraceError {
  try {
    requireProcess(pid as Pid);
  } catch (error) {
    if (error instanceof UtraceError) return error;
    throw error;
  }
  throw new Error(`process ${pid} passed`);
}

/** Polls until `probe` gives something. */
async function other<T>(probe: () => T | undefined): Promise<T> {
  for (;;) {
    const found = probe();
    if (found !== undefined) return found;
    await sleep(5);
  }
}
