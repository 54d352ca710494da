/** Capabilities from the text of /proc/self/status; once for real, without any. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requirePrivileges } from '../../src/record/privileges.js';
import { sudoCommand } from '../../src/record/sudo-command.js';
import { AS_NOBODY, type Compiled, compile, isRoot } from '../cli/child.js';

const bits = (...numbers: readonly number[]): string => {
  const mask = numbers.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n);
  return `Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t${mask.toString(16).padStart(16, '0')}\n`;
};

describe('requirePrivileges', () => {
  it.each([
    ['CAP_BPF and CAP_PERFMON', [39, 38]],
    ['CAP_SYS_ADMIN', [21]],
  ])('%s are enough', (_, numbers) => {
    expect(() => requirePrivileges(false, bits(...numbers))).not.toThrow();
  });

  it.each([
    [[], 'lacks CAP_BPF and CAP_PERFMON'],
    [[39], 'lacks CAP_PERFMON'],
    [[38], 'lacks CAP_BPF'],
    [[6, 7, 12], 'lacks CAP_BPF and CAP_PERFMON'],
  ])('held bits %j: %s', (numbers, words) => {
    expect(() => requirePrivileges(false, bits(...numbers))).toThrow(
      expect.objectContaining({ code: 'NEED_PRIVILEGE', message: expect.stringMatching(`${words}$`) }),
    );
  });

  it('another user needs two more', () => {
    expect(() => requirePrivileges(true, bits(38, 39, 6, 7))).not.toThrow();
    expect(() => requirePrivileges(true, bits(38, 39))).toThrow(
      expect.objectContaining({
        code: 'NEED_ROOT_FOR_USER',
        message: '--user needs root: this process lacks CAP_SETUID and CAP_SETGID',
      }),
    );
  });

  describe.runIf(isRoot)('for real (root only)', () => {
    let compiled: Compiled;
    beforeAll(() => {
      compiled = compile('record/privileges.ts');
    });
    afterAll(() => compiled.remove());

    it('a plain user is told which, and given a command that names this node', () => {
      const { stdout } = compiled.run(
        `const { requirePrivileges } = await import(base + '/record/privileges.js');
         try { requirePrivileges(); } catch ({ code, hint }) { console.log(code, hint); }`,
        AS_NOBODY,
      );
      expect(stdout).toContain('NEED_PRIVILEGE');
      expect(stdout).toContain(`sudo ${process.execPath} `);
    });
  });
});

describe('sudoCommand', () => {
  it('names node and script by their paths and quotes the words', () => {
    const command = sudoCommand(['node', '/opt/my utrace/dist/cli/main.js', '-c', "echo 'a b'", '--debug']);
    expect(command).toMatch(/^sudo \//);
    expect(command).toContain(` '/opt/my utrace/dist/cli/main.js' -c 'echo '\\''a b'\\''' --debug`);
  });
});
