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
  const tables = { full: readSymbolTable(elf, 'static'), dynamic: readSymbolTable(elf, 'dynamic') };
  const found: Found = { first: new Map(), others: new Map() };
  if (tables.full !== undefined) collect(tables.full, 0, found);
  if (tables.dynamic !== undefined) collect(tables.dynamic, 1, found);
  // A typed array sorts its numbers several times as fast as an array its objects.
  const addresses = Float64Array.from(
    found.first.keys(),
  ).sort() as Iterable<number> as Iterable<VirtualAddress>;
  const functions: ElfFunction[] = [];
  for (const address of addresses) {
    const ids = found.others.get(address);
    functions.push(
      ids === undefined
        ? describeOne(elf, address, toEntry(tables, found.first.get(address)!))
        : describeMerged(
            elf,
            address,
            ids.map((id) => toEntry(tables, id)),
          ),
    );
  }
  return { functions, stripped: tables.full === undefined };
}

/** A row of one of the two tables. */
interface Entry {
  readonly table: SymbolTable;
  readonly index: number;
}

/** An entry as one number, because there are as many as functions: index * 2, plus 1 for the dynamic table. */
type EntryId = number;

/** `first` has every address; `others` those of several entries, with all of them. */
interface Found {
  readonly first: Map<number, EntryId>;
  readonly others: Map<number, EntryId[]>;
}

interface Tables {
  readonly full: SymbolTable | undefined;
  readonly dynamic: SymbolTable | undefined;
}

function collect(table: SymbolTable, which: 0 | 1, { first, others }: Found): void {
  for (let index = 1; index < table.count; index++) {
    const type = table.type(index);
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) continue;
    const section = table.sectionIndex(index);
    if (section === SHN_UNDEF || section === SHN_ABS || section === SHN_COMMON) continue;
    const address = table.value(index);
    if (!Number.isSafeInteger(address) || !table.hasName(index)) continue;
    const id = index * 2 + which;
    const before = first.get(address);
    if (before === undefined) first.set(address, id);
    else {
      const all = others.get(address);
      if (all === undefined) others.set(address, [before, id]);
      else all.push(id);
    }
  }
}

function toEntry(tables: Tables, id: EntryId): Entry {
  return { table: (id % 2 === 0 ? tables.full : tables.dynamic)!, index: Math.floor(id / 2) };
}

function describeOne(elf: ElfFile, address: VirtualAddress, entry: Entry): ElfFunction {
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
