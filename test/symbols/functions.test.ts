import { afterAll, describe, expect, it } from 'vitest';
import { withElf } from '../../src/symbols/elf-file.js';
import { forbidsReturnProbe, isFragment, isStartUpHelper } from '../../src/symbols/function-names.js';
import { readFunctions } from '../../src/symbols/functions.js';
import { compile, fixture, functionsOf, temporaryFolder } from './tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const ALIASES = `
int _IO_first(int a) { return a + 1; }
int first(int a) __attribute__((weak, alias("_IO_first")));
int __first(int a) __attribute__((alias("_IO_first")));
static int add(int a) { return a + 2; }
static int (*resolve(void))(int) { return add; }
int chosen(int a) __attribute__((ifunc("resolve")));
int main(void) { return first(1) + chosen(2); }
`;

describe('functions are those that readelf lists', () => {
  it.each([
    ['PIE', ['gcc', '-O1']],
    ['fixed address', ['gcc', '-O1', '-no-pie']],
    ['static', ['gcc', '-O1', '-static']],
    ['static PIE', ['gcc', '-O1', '-static-pie']],
    ['exported', ['gcc', '-O0', '-rdynamic']],
  ])('%s', (_, command) => {
    const path = compile(folder.path, 'c', ALIASES, ...command);
    const expected = functionsOf(path);
    expected.delete(0);
    const { functions, stripped } = withElf(path, readFunctions);
    expect(stripped).toBe(false);
    expect(new Map(functions.map((fn) => [fn.address, [fn.symbol, ...fn.aliases].sort()]))).toEqual(
      new Map([...expected].map(([address, names]) => [address, names.sort()])),
    );
    expect(functions.map((fn) => fn.address)).toEqual(
      functions.map((fn) => fn.address).sort((a, b) => a - b),
    );
  });

  it('stripped: what .dynsym has', () => {
    expect(withElf(fixture('bfd-stripped'), readFunctions)).toEqual({ functions: [], stripped: true });
  });

  it('the name that people use stands before its aliases', () => {
    const path = compile(folder.path, 'c', ALIASES, 'gcc', '-O1');
    const { functions } = withElf(path, readFunctions);
    expect(functions.find((fn) => fn.symbol === 'first')?.aliases).toEqual(['_IO_first', '__first']);
    expect(functions.filter((fn) => fn.ifunc).map((fn) => [fn.symbol, fn.aliases])).toEqual([
      ['chosen', ['resolve']],
    ]);
  });
});

describe('what a name says', () => {
  it.each([
    'f.cold',
    'f.cold.1',
    'f.part.0',
    'f.part.0.constprop.1',
    'f.constprop.0.cold',
    '_ZN1A1fEv.part.3',
  ])('%s is a fragment', (symbol) => expect(isFragment(symbol)).toBe(true));
  it.each(['f', 'f.constprop.0', 'f.isra.0', 'main.part', 'f.llvm.123', 'cold', 'f.coldest', '.cold'])(
    '%s is a function',
    (symbol) => expect(isFragment(symbol)).toBe(false),
  );
  it('start-up helpers', () => {
    for (const symbol of ['_start', '_init', 'frame_dummy', '_dl_runtime_resolve_xsavec', '__restore_rt']) {
      expect(isStartUpHelper(symbol), symbol).toBe(true);
    }
    for (const symbol of ['main', 'start', '_init_once', '_dl_runtime']) {
      expect(isStartUpHelper(symbol), symbol).toBe(false);
    }
  });
  it('functions that a return probe breaks', () => {
    expect(forbidsReturnProbe('_setjmp', 'plt')).toBe(true);
    expect(forbidsReturnProbe('vfork', 'function')).toBe(true);
    expect(forbidsReturnProbe('dlsym', 'plt')).toBe(true);
    expect(forbidsReturnProbe('dlopen', 'plt')).toBe(false);
    expect(forbidsReturnProbe('longjmp', 'plt')).toBe(false);
  });
});
