import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withElf } from '../../src/symbols/elf-file.js';
import { findLibraries } from '../../src/symbols/library-search.js';
import { parseMaps, readMaps } from '../../src/symbols/process-maps.js';
import { findProcessModules } from '../../src/symbols/process-modules.js';
import type { Pid } from '../../src/util/units.js';
import { temporaryFolder } from './tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

describe('/proc/PID/maps', () => {
  it('rows with strange names', () => {
    const rows = parseMaps(
      [
        '55d0c0000000-55d0c0001000 r-xp 00002000 fd:01 1234                       /opt/my app/a b',
        '7f0000000000-7f0000001000 rw-p 00000000 00:00 0 ',
        '7f0000002000-7f0000003000 r--s 00000000 00:01 77    /memfd:x\\012y (deleted)',
        'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]',
        'nonsense',
      ].join('\n'),
    );
    expect(rows).toHaveLength(3);
    expect(rows[0]).toEqual({
      start: 0x55d0c0000000,
      end: 0x55d0c0001000,
      permissions: 'r-xp',
      offset: 0x2000,
      inode: 1234,
      path: '/opt/my app/a b',
      deleted: false,
    });
    expect(rows[1]).toMatchObject({ path: '', inode: 0 });
    expect(rows[2]).toMatchObject({ path: '/memfd:x\ny', deleted: true });
  });

  it('of this process', () => {
    const rows = readMaps(process.pid as Pid);
    expect(rows.some((row) => row.path === realpathSync(process.execPath))).toBe(true);
  });
});

describe('the files of a process', () => {
  it('of this process', () => {
    const { executable, libraries } = findProcessModules(process.pid as Pid);
    expect(executable).toBe(realpathSync(process.execPath));
    expect(libraries.some((path) => /\/libc\.so\.6$/.test(path))).toBe(true);
    expect(libraries).not.toContain(executable);
    const names = findLibraries(executable).libraries.map((path) => realpathSync(path));
    expect(libraries.filter((path) => names.includes(path))).toEqual(names);
  });

  it('a deleted executable is still read', async () => {
    const path = join(folder.path, 'sleeper');
    copyFileSync('/bin/sleep', path);
    const child = spawn(path, ['60']);
    await once(child, 'spawn');
    rmSync(path);
    try {
      const { executable } = findProcessModules(child.pid as Pid);
      expect(executable).toBe(`/proc/${child.pid}/exe`);
      expect(withElf(executable, (elf) => elf.sections.length)).toBeGreaterThan(10);
    } finally {
      child.kill();
      await once(child, 'exit');
    }
  });

  it('no such process', () => {
    const absent = (): unknown => findProcessModules(0x3ffff0 as Pid);
    expect(absent).toThrowError(expect.objectContaining({ code: 'NO_SUCH_PROCESS' }));
  });
});
