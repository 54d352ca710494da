import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readLdCache } from '../../src/symbols/ld-cache.js';
import { findLibraries } from '../../src/symbols/library-search.js';
import { compile, fixture, lines, temporaryFolder } from './tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

/** What ld.so itself loads, in its order. */
function ldd(path: string, environment: Record<string, string> = {}): string[] {
  const output = execFileSync('ldd', [path], { encoding: 'utf8', env: { ...process.env, ...environment } });
  return output.split('\n').flatMap((line) => /(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

function inFolder(name: string, library: string): string {
  mkdirSync(join(folder.path, name), { recursive: true });
  const path = join(folder.path, name, 'libinner.so');
  renameSync(library, path);
  return path;
}

const LIBRARY = ['gcc', '-shared', '-fPIC', '-Wl,-soname,libinner.so'];
const PROGRAM = 'extern int inner(void); int main(void) { return inner(); }';

describe('libraries as ldd finds them', () => {
  it.each([
    ['a small program', fixture('bfd-lazy')],
    ['node', process.execPath],
    ['perl', '/usr/bin/perl'],
  ])('%s', (_, path) => {
    const found = findLibraries(path);
    expect(found.missing).toEqual([]);
    expect(found.libraries).toEqual(ldd(path));
  });

  it('RUNPATH with $ORIGIN, RPATH, LD_LIBRARY_PATH before RUNPATH, LD_PRELOAD first', () => {
    const first = inFolder('first', compile(folder.path, 'c', 'int inner(void) { return 1; }', ...LIBRARY));
    const second = inFolder('second', compile(folder.path, 'c', 'int inner(void) { return 2; }', ...LIBRARY));
    const link = (...flags: string[]): string =>
      compile(folder.path, 'c', PROGRAM, 'gcc', ...flags, first, `-Wl,-rpath,$ORIGIN/first`);
    const runpath = link('-Wl,--enable-new-dtags');
    const rpath = link('-Wl,--disable-new-dtags');
    const environment = { LD_LIBRARY_PATH: join(folder.path, 'second') };
    expect(findLibraries(runpath).libraries[0]).toBe(first);
    expect(findLibraries(runpath, environment).libraries[0]).toBe(second);
    expect(findLibraries(rpath, environment).libraries[0]).toBe(first);
    expect(ldd(runpath, environment)).toContain(second);
    expect(findLibraries(runpath, { LD_PRELOAD: second }).libraries[0]).toBe(second);
  });

  it('a library that is nowhere is missing; a static program has none', () => {
    const library = compile(folder.path, 'c', 'int inner(void) { return 1; }', ...LIBRARY);
    const program = compile(folder.path, 'c', PROGRAM, 'gcc', library);
    expect(findLibraries(program).missing).toEqual(['libinner.so']);
    const fixed = compile(folder.path, 'c', 'int main(void) { return 0; }', 'gcc', '-static');
    expect(findLibraries(fixed)).toEqual({ libraries: [], missing: [] });
  });
});

describe('the cache of ld.so', () => {
  it('has what ldconfig prints', () => {
    const printed = lines('/sbin/ldconfig', '-p').flatMap((line) => {
      const row = /^\t(\S+) \(libc6,x86-64\) => (\S+)$/.exec(line);
      return row === null ? [] : [[row[1]!, row[2]!] as const];
    });
    expect(printed.length).toBeGreaterThan(3);
    const cache = readLdCache();
    for (const [name] of printed)
      expect(cache.get(name)).toBe(printed.find(([other]) => other === name)?.[1]);
    expect(readLdCache('/nonexistent').size).toBe(0);
    expect(readLdCache(fixture('calls.c')).size).toBe(0);
  });
});
