import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readBuildId } from '../../src/symbols/build-id.js';
import { readDynamic } from '../../src/symbols/dynamic.js';
import { codeOffsetOf, withElf } from '../../src/symbols/elf-file.js';
import { readVersions } from '../../src/symbols/versions.js';
import type { VirtualAddress } from '../../src/util/units.js';
import { fixture, lines, temporaryFolder } from './tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

function write(name: string, content: Buffer | string): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

/** A copy of a small ELF file with some bytes replaced. */
function patched(name: string, offset: number, ...bytes: number[]): string {
  const content = readFileSync(fixture('bfd-lazy'));
  content.set(bytes, offset);
  return write(name, content);
}

function codeOf(path: string): string {
  try {
    withElf(path, () => undefined);
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('what is not a program is named as what it is', () => {
  it.each([
    ['no file', join(folder.path, 'absent'), 'FILE_NOT_FOUND', 127, /no such file/],
    ['a directory', folder.path, 'NOT_AN_ELF', 126, /a directory/],
    ['an empty file', write('empty', ''), 'NOT_AN_ELF', 126, /empty/],
    ['a text', write('text', 'hello\n'), 'NOT_AN_ELF', 126, /text file/],
    [
      'a script',
      write('script', '#!/usr/bin/env python3\n1\n'),
      'ELF_SCRIPT',
      126,
      /\/usr\/bin\/env python3/,
    ],
    ['a cut header', write('cut', '\x7fELF\x02\x01'), 'ELF_TRUNCATED', 126, /header/],
    ['32 bits', patched('bits', 4, 1), 'ELF_WRONG_ARCH', 126, /32-bit/],
    ['big endian', patched('endian', 5, 2), 'ELF_WRONG_ARCH', 126, /big-endian/],
    ['AArch64', patched('arm', 18, 183, 0), 'ELF_WRONG_ARCH', 126, /AArch64/],
    ['an object file', patched('object', 16, 1, 0), 'ELF_NOT_EXECUTABLE', 126, /object file/],
    ['a core dump', patched('core', 16, 4, 0), 'ELF_NOT_EXECUTABLE', 126, /core dump/],
  ])('%s', (_, path, code, exitCode, message) => {
    expect(() => withElf(path, () => undefined)).toThrowError(
      expect.objectContaining({ code, exitCode, message: expect.stringMatching(message) }),
    );
  });

  it('a file cut off in the middle', () => {
    const path = join(folder.path, 'half');
    copyFileSync(fixture('bfd-lazy'), path);
    truncateSync(path, 4000);
    expect(codeOf(path)).toBe('ELF_TRUNCATED');
  });

  it('a file without section headers is opened', () => {
    expect(codeOf(patched('sectionless', 40, 0, 0, 0, 0, 0, 0, 0, 0))).toBe('opened');
  });
});

describe('a program as readelf sees it', () => {
  const path = fixture('bfd-ibt-now');

  it('sections and segments', () => {
    const expected = lines('readelf', '-SW', path).flatMap((line) => {
      const row = /^\s*\[ *\d+\] (\S+)\s+\S+\s+([0-9a-f]{16}) ([0-9a-f]+) ([0-9a-f]+)/.exec(line);
      return row === null ? [] : [[row[1], ...row.slice(2).map((hex) => Number.parseInt(hex!, 16))]];
    });
    const found = withElf(path, (elf) => elf.sections.map((s) => [s.name, s.address, s.offset, s.size]));
    expect(expected.length).toBeGreaterThan(20);
    expect(found.slice(1)).toEqual(expected);
  });

  it('build-id and needed libraries', () => {
    const notes = lines('readelf', '-n', path).join('\n');
    const dynamic = withElf(path, readDynamic);
    expect(withElf(path, readBuildId)).toBe(/Build ID: ([0-9a-f]+)/.exec(notes)?.[1]);
    expect(dynamic.needed).toEqual(['libc.so.6']);
    expect(dynamic.interpreter).toBe('/lib64/ld-linux-x86-64.so.2');
    expect(dynamic.soname).toBeUndefined();
  });

  it('versions of the imports', () => {
    const expected = lines('readelf', '--dyn-syms', '-W', path).flatMap((line) => {
      const row = /^\s*(\d+):.* UND (\S+?)@(\S+) /.exec(`${line} `);
      return row === null ? [] : [{ index: Number(row[1]), version: row[3] }];
    });
    expect(expected.length).toBeGreaterThanOrEqual(4);
    const versionOf = withElf(path, readVersions);
    for (const { index, version } of expected) {
      expect(versionOf(index)).toEqual({ version, library: 'libc.so.6' });
    }
  });

  it('a file offset holds the bytes that the address names', () => {
    const offset = withElf(path, (elf) => codeOffsetOf(elf, elf.header.entry));
    const entryBytes = readFileSync(path)
      .subarray(offset, offset! + 2)
      .toString('hex');
    const disassembly = lines('objdump', '-d', '-j', '.text', path);
    const start = disassembly.findIndex((line) => line.includes('<_start>:'));
    expect(disassembly[start + 1]).toContain(entryBytes.replace(/../g, '$& ').trim());
    expect(withElf(path, (elf) => codeOffsetOf(elf, 0x7fff_0000_0000 as VirtualAddress))).toBeUndefined();
  });
});
