import { basename } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { indexExports } from '../../src/plt/exports.js';
import { type LibraryCall, readLibraryCalls } from '../../src/plt/library-calls.js';
import { withElf } from '../../src/symbols/elf-file.js';
import { compile, fixture, functionsOf, lines, temporaryFolder } from '../symbols/tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

function calls(path: string, libraries: readonly string[] = []): LibraryCall[] {
  const exports = indexExports(libraries.map((library) => ({ path: library, soname: basename(library) })));
  return withElf(path, (elf) => readLibraryCalls(elf, exports));
}

/** `name@plt` as objdump finds them, by address. */
function objdumpStubs(path: string): [number, string][] {
  return lines('objdump', '-d', '-j', '.plt', '-j', '.plt.sec', '-j', '.plt.got', path).flatMap((line) => {
    const row = /^([0-9a-f]+) <([^>]+?)(@plt|\$plt)>:/.exec(line);
    return row === null ? [] : [[Number.parseInt(row[1]!, 16), row[2]!]];
  });
}

describe('every layout of linkers', () => {
  it.each([
    'bfd-lazy',
    'bfd-ibt-now',
    'bfd-fixed-now',
    'bfd-stripped',
    'gold-lazy',
    'lld-lazy',
    'lld-ibt',
    'mold-lazy',
    'mold-now',
  ])('%s: the stubs that objdump names', (name) => {
    const expected = objdumpStubs(fixture(name)).sort(([a], [b]) => a - b);
    const found = calls(fixture(name));
    expect(expected.length).toBeGreaterThanOrEqual(3);
    expect(found.map((call) => [call.address, call.symbol])).toEqual(expected);
    expect(new Set(found.map((call) => call.library))).toEqual(new Set(['libc.so.6']));
    expect(found.map((call) => call.version)).toEqual(found.map(() => 'GLIBC_2.2.5'));
  });

  it('lld-retpoline, which objdump cannot name', () => {
    const path = fixture('lld-retpoline');
    const found = calls(path);
    expect(found.map((call) => call.symbol)).toEqual(['__cxa_finalize', 'abs', 'strtol', 'puts']);
    // Each is called from somewhere or starts 16 bytes after the one before.
    const called = new Set(
      lines('objdump', '-d', '-j', '.text', path).flatMap(
        (line) => /call\s+([0-9a-f]+)/.exec(line)?.[1] ?? [],
      ),
    );
    for (const { symbol, address } of found) expect(called, symbol).toContain(address.toString(16));
  });
});

const IMPORTS = `
extern int from_library(int);
extern double cos(double);
int main(int argc, char **argv) { return from_library(argc) + (int)cos(argc); }
`;

describe('the library of an import', () => {
  it('is searched in load order where the symbol has no version', () => {
    const library = compile(
      folder.path,
      'c',
      'int from_library(int a) { return a; }',
      'gcc',
      '-shared',
      '-fPIC',
    );
    const program = compile(folder.path, 'c', IMPORTS, 'gcc', '-O1', library, '-lm');
    const found = new Map(calls(program, [library]).map((call) => [call.symbol, call]));
    expect(found.get('from_library')).toMatchObject({ library: basename(library), version: undefined });
    expect(found.get('cos')).toMatchObject({ library: 'libm.so.6' });
    expect(calls(program).find((call) => call.symbol === 'from_library')?.library).toBeUndefined();
  });

  it('a static program calls its own IFUNCs through stubs', () => {
    const program = compile(
      folder.path,
      'c',
      '#include <string.h>\nint main(int c, char **v) { return strlen(v[0]) + (strchr(v[0], c) != 0); }',
      'gcc',
      '-O0',
      '-static',
    );
    const ifuncs = [...functionsOf(program).values()].flat();
    const found = calls(program);
    expect(found.map((call) => call.symbol)).toContain('strlen');
    for (const call of found) {
      expect(ifuncs).toContain(call.symbol);
      expect(call.library).toBeUndefined();
    }
  });

  it('-fno-plt leaves no stub for calls through the GOT', () => {
    const program = compile(
      folder.path,
      'c',
      '#include <stdio.h>\nint main(void) { return puts("x"); }',
      'gcc',
      '-O1',
      '-fno-plt',
    );
    expect(calls(program).map((call) => call.symbol)).not.toContain('puts');
  });
});
