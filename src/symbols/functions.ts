/**
 * The function table of a file: every FUNC and IFUNC symbol of `.symtab` and `.dynsym`, symbols of
 * one address merged. Labels without a type (STT_NOTYPE) are left out: nothing says that they are called.
 *
 * Of several names the one a person would use stands first: fewest leading underscores, then global before
 * weak before local, then the shortest, then the alphabet. (`puts` before `_IO_puts`, `malloc` before `__libc_malloc`.)
 */
import type { FileOffset, VirtualAddress } from '../util/units.js';
import {
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  STB_LOCAL,
  STB_WEAK,
  STT_FUNC,
  STT_GNU_IFUNC,
} from './elf-constants.js';
import { codeOffsetOf, type ElfFile } from './elf-file.js';
import { readSymbolTable, type SymbolTable } from './symbol-table.js';

export interface ElfFunction {
  readonly symbol: string;
  /** Other names of the same address. */
  readonly aliases: readonly string[];
  readonly address: VirtualAddress;
  /** Bytes of code; 0 where no symbol says. */
  readonly size: number;
  /** Where its code rests in the file; undefined: no loaded, executable bytes of the file. */
  readonly offset: FileOffset | undefined;
  /** The symbol names a resolver, which returns the function's address. */
  readonly ifunc: boolean;
}

export interface FunctionTable {
  /** In ascending order of address. */
  readonly functions: readonly ElfFunction[];
  /** No `.symtab`. */
  readonly stripped: boolean;
}

export function readFunctions(elf: ElfFile): FunctionTable {
  const full = readSymbolTable(elf, 'static');
  const dynamic = readSymbolTable(elf, 'dynamic');
  const rows = [...collect(full), ...collect(dynamic)].sort((a, b) => a.address - b.address);
  const functions: ElfFunction[] = [];
  for (let start = 0; start < rows.length; ) {
    const first = rows[start]!;
    let end = start + 1;
    while (rows[end]?.address === first.address) end++;
    functions.push(
      end === start + 1
        ? describeOne(elf, first)
        : describeMerged(elf, first.address, rows.slice(start, end)),
    );
    start = end;
  }
  return { functions, stripped: full === undefined };
}

/** A row of one of the two tables. */
interface Entry {
  readonly address: VirtualAddress;
  readonly table: SymbolTable;
  readonly index: number;
}

function collect(table: SymbolTable | undefined): Entry[] {
  const entries: Entry[] = [];
  for (let index = 1; table !== undefined && index < table.count; index++) {
    const type = table.type(index);
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) continue;
    const section = table.sectionIndex(index);
    if (section === SHN_UNDEF || section === SHN_ABS || section === SHN_COMMON) continue;
    const address = table.value(index);
    if (!Number.isSafeInteger(address) || !table.hasName(index)) continue;
    entries.push({ address: address as VirtualAddress, table, index });
  }
  return entries;
}

function describeOne(elf: ElfFile, entry: Entry): ElfFunction {
  const { address } = entry;
  return {
    symbol: entry.table.name(entry.index),
    aliases: NO_ALIASES,
    address,
    size: sizeOf(entry),
    offset: codeOffsetOf(elf, address),
    ifunc: isIfunc(entry),
  };
}

function describeMerged(elf: ElfFile, address: VirtualAddress, entries: readonly Entry[]): ElfFunction {
  const [symbol, ...aliases] = orderNames(entries);
  return {
    symbol: symbol!,
    aliases,
    address,
    size: entries.reduce((largest, entry) => Math.max(largest, sizeOf(entry)), 0),
    offset: codeOffsetOf(elf, address),
    ifunc: entries.some(isIfunc),
  };
}

const NO_ALIASES: readonly string[] = [];

function sizeOf({ table, index }: Entry): number {
  const size = table.size(index);
  return Number.isSafeInteger(size) ? size : 0;
}

function isIfunc({ table, index }: Entry): boolean {
  return table.type(index) === STT_GNU_IFUNC;
}

function orderNames(entries: readonly Entry[]): string[] {
  const ranks = new Map<string, number>();
  for (const { table, index } of entries) {
    const symbol = table.name(index);
    const rank = bindingRank(table.binding(index));
    ranks.set(symbol, Math.min(rank, ranks.get(symbol) ?? rank));
  }
  if (ranks.size === 1) return [...ranks.keys()];
  return [...ranks.keys()].sort(
    (a, b) =>
      underscores(a) - underscores(b) ||
      ranks.get(a)! - ranks.get(b)! ||
      a.length - b.length ||
      (a < b ? -1 : a > b ? 1 : 0),
  );
}

/** The `_` of a mangled name (`_Z`, `_R`) does not count. */
function underscores(symbol: string): number {
  if (symbol.charCodeAt(0) !== UNDERSCORE || symbol.startsWith('_Z') || symbol.startsWith('_R')) return 0;
  let count = 1;
  while (symbol.charCodeAt(count) === UNDERSCORE) count++;
  return count;
}

function bindingRank(binding: number): number {
  return binding === STB_LOCAL ? 2 : binding === STB_WEAK ? 1 : 0;
}

const UNDERSCORE = 95;
