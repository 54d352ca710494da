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
  const found: Found = { first: new Map(), others: new Map() };
  if (full !== undefined) collect(full, found);
  if (dynamic !== undefined) collect(dynamic, found);
  // A typed array sorts its numbers several times as fast as an array its objects.
  const addresses = Float64Array.from(found.first.keys()).sort();
  const functions: ElfFunction[] = [];
  for (const address of addresses) functions.push(describe(elf, address as VirtualAddress, found));
  return { functions, stripped: full === undefined };
}

/** A row of one of the two tables. */
interface Entry {
  readonly table: SymbolTable;
  readonly index: number;
}

/** Entries by address. Few addresses have more than one, so most cost one object here. */
interface Found {
  readonly first: Map<number, Entry>;
  readonly others: Map<number, Entry[]>;
}

function collect(table: SymbolTable, { first, others }: Found): void {
  for (let index = 1; index < table.count; index++) {
    const type = table.type(index);
    if (type !== STT_FUNC && type !== STT_GNU_IFUNC) continue;
    const section = table.sectionIndex(index);
    if (section === SHN_UNDEF || section === SHN_ABS || section === SHN_COMMON) continue;
    const address = table.value(index);
    if (!Number.isSafeInteger(address) || !table.hasName(index)) continue;
    if (!first.has(address)) first.set(address, { table, index });
    else {
      const more = others.get(address);
      if (more === undefined) others.set(address, [{ table, index }]);
      else more.push({ table, index });
    }
  }
}

function describe(elf: ElfFile, address: VirtualAddress, found: Found): ElfFunction {
  const entry = found.first.get(address)!;
  const others = found.others.get(address);
  const offset = codeOffsetOf(elf, address);
  if (others === undefined) {
    const symbol = entry.table.name(entry.index);
    return { symbol, aliases: NONE, address, size: sizeOf(entry), offset, ifunc: isIfunc(entry) };
  }
  const entries = [entry, ...others];
  const [symbol, ...aliases] = orderNames(entries);
  const size = Math.max(...entries.slice(0, MOST_SIZES).map(sizeOf));
  return { symbol: symbol!, aliases, address, size, offset, ifunc: entries.some(isIfunc) };
}

const NONE: readonly string[] = [];
/** A call takes only so many arguments; an address has a handful of names outside hostile files. */
const MOST_SIZES = 1000;

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
