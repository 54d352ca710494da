/** Look-up and checks of the program, on real files. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { findProgram } from '../../src/record/find-program.js';
import { openElf } from '../../src/symbols/elf-file.js';
import { UtraceError } from '../../src/util/errors.js';
import { AS_NOBODY, type Compiled, compile, isRoot } from '../cli/child.js';

const USER = { uid: 1234, gid: 2345 };

describe('findProgram', () => {
  const path = process.env.PATH;
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'utrace-find-'));
    chmodSync(folder, 0o755);
    for (const name of ['first', 'second']) mkdirSync(join(folder, name));
    process.env.PATH = `${folder}/first:${folder}/second`;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  });

  const file = (name: string, mode = 0o755, content = ''): string => {
    const made = join(folder, name);
    writeFileSync(made, content);
    chmodSync(made, mode);
    return made;
  };

  it('the first executable file of PATH, past folders and plain files of the name', () => {
    mkdirSync(`${folder}/first/tool`);
    file('first/other', 0o644);
    expect(findProgram(relative('', file('second/tool')))).toBe(`${folder}/second/tool`);
    expect(findProgram('tool')).toBe(`${folder}/second/tool`);
    file('second/other');
    expect(findProgram('other')).toBe(`${folder}/second/other`);
    file('first/both');
    file('second/both');
    expect(findProgram('both')).toBe(`${folder}/first/both`);
  });

  it('a link is kept as it is named', () => {
    symlinkSync(file('real'), `${folder}/first/link`);
    expect(findProgram('link')).toBe(`${folder}/first/link`);
  });

  it('an empty entry of PATH is the working directory, an unset PATH the usual places', () => {
    process.env.PATH = '';
    expect(refusal('package.json')).toMatchObject({ code: 'CANNOT_RUN' });
    delete process.env.PATH;
    expect(findProgram('sh')).toMatch(/^\/(usr\/)?bin\/sh$/);
  });

  it('not found: 127 and the nearest names', () => {
    file('second/sorter');
    expect(refusal('sortre')).toMatchObject({ code: 'NO_SUCH_PROGRAM', exitCode: 127 });
    expect(refusal('sortre').hint).toContain('did you mean: sorter');
    expect(refusal(`${folder}/second/sortr`).hint).toContain(`${folder}/second/sorter`);
    expect(refusal(`${folder}/none/tool`).hint).toBe(`there is no directory ${folder}/none`);
    expect(refusal('zzzzzz').hint).toBe(`searched in PATH: ${folder}/first:${folder}/second`);
    expect(refusal('')).toMatchObject({ code: 'NO_SUCH_PROGRAM', exitCode: 127 });
    expect(refusal(`${file('second/plain')}/tool`).exitCode).toBe(127);
  });

  it('a file of the working directory without ./, a command line in one word', () => {
    expect(refusal('package.json').hint).toContain('./package.json');
    expect(refusal('ls -l').hint).toBe("for a whole command line in one word: utrace -c 'ls -l'");
  });

  it('a folder, a special file, a file that is not executable: 126', () => {
    expect(refusal(folder)).toMatchObject({ code: 'CANNOT_RUN', exitCode: 126 });
    expect(refusal(folder).message).toContain('is a directory');
    expect(refusal('/dev/null').message).toContain('not a regular file');
    const plain = file('first/it is plain', 0o644);
    expect(refusal(plain)).toMatchObject({
      code: 'CANNOT_RUN',
      exitCode: 126,
      hint: `if it is a program: chmod +x '${plain}'`,
    });
    expect(refusal('it is plain').message).toContain(plain);
  });

  it('what another user may not execute or reach', () => {
    const owned = file('owned', 0o700);
    expect(refusal(owned, USER).message).toContain('may not execute');
    expect(findProgram(owned, { uid: 0, gid: 0 })).toBe(owned);
    expect(findProgram(file('open', 0o755), USER)).toBe(`${folder}/open`);
    chmodSync(`${folder}/first`, 0o700);
    const hidden = file('first/hidden');
    expect(refusal(hidden, USER).message).toContain(`may not enter ${folder}/first`);
  });

  it('a script names its interpreter, with the command to paste', () => {
    const script = file('script', 0o755, '#!/usr/bin/python3 -u\nprint()\n');
    expect(findProgram(script)).toBe(script);
    const error = thrown(() => openElf(script));
    expect(error).toMatchObject({ code: 'ELF_SCRIPT', exitCode: 126 });
    expect(error.message).toContain('/usr/bin/python3');
    expect(error.hint).toContain(`utrace -- /usr/bin/python3 -u ${script}`);
  });

  describe.runIf(isRoot)('as a plain user (root only)', () => {
    let compiled: Compiled;
    beforeAll(() => {
      compiled = compile('record/find-program.ts');
    });
    afterAll(() => compiled.remove());

    const asNobody = (word: string): unknown => {
      // setpriv is looked up in it.
      process.env.PATH = path;
      const { stdout } = compiled.run(
        `const { findProgram } = await import(base + '/record/find-program.js');
         try { console.log(JSON.stringify({ path: findProgram(process.argv[1]) })); }
         catch ({ code, exitCode }) { console.log(JSON.stringify({ code, exitCode })); }`,
        AS_NOBODY,
        [word],
      );
      return JSON.parse(stdout);
    };

    it('executable, not readable, not executable', () => {
      expect(asNobody(file('open'))).toEqual({ path: `${folder}/open` });
      expect(asNobody(file('blind', 0o711))).toEqual({ code: 'FILE_NOT_READABLE', exitCode: 126 });
      expect(asNobody(file('owned', 0o744))).toEqual({ code: 'CANNOT_RUN', exitCode: 126 });
    });
  });
});

function refusal(word: string, user?: { uid: number; gid: number }): UtraceError {
  return thrown(() => findProgram(word, user));
}

function thrown(action: () => unknown): UtraceError {
  try {
    action();
  } catch (error) {
    if (error instanceof UtraceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
