/**
 * `.symtab` and `.dynsym` (gABI, "Symbol Table"), read in one piece and decoded on demand: a large
 * program has some 100,000 symbols of which a caller wants a part.
 */
import { damaged, u64 } from './elf-bytes.js';
import { SHT_DYNSYM, SHT_SYMTAB } from './elf-constants.js';
import { type ElfFile, readSection, type Section } from './elf-file.js';
import { StringTable } from './string-table.js';

export interface SymbolTable {
  readonly section: Section;
  readonly count: number;
  /** STT_* */
  type(index: number): number;
  /** STB_* */
  binding(index: number): number;
  /** SHN_* or the index of the section that holds the symbol. */
  sectionIndex(index: number): number;
  value(index: number): number;
  size(index: number): number;
  hasName(index: number): boolean;
  /** Without the `@VERSION` that linkers append in `.symtab`. */
  name(index: number): string;
}

const ENTRY = 24;

/** The static (`.symtab`) or dynamic (`.dynsym`) table; undefined where the file has none. */
export function readSymbolTable(elf: ElfFile, which: 'static' | 'dynamic'): SymbolTable | undefined {
  const wanted = which === 'static' ? SHT_SYMTAB : SHT_DYNSYM;
  const section = elf.sections.find((candidate) => candidate.type === wanted);
  return section && readTable(elf, section);
}

function readTable(elf: ElfFile, section: Section): SymbolTable {
  const strings = elf.sections[section.link];
  if (strings === undefined) throw damaged(elf.path, `${section.name} names no string table`);
  const table = readSection(elf, section);
  const names = new StringTable(elf.path, readSection(elf, strings));
  return {
    section,
    count: Math.floor(table.length / ENTRY),
    type: (index) => table[index * ENTRY + 4]! & 0xf,
    binding: (index) => table[index * ENTRY + 4]! >> 4,
    sectionIndex: (index) => table.readUInt16LE(index * ENTRY + 6),
    value: (index) => u64(table, index * ENTRY + 8),
    size: (index) => u64(table, index * ENTRY + 16),
    hasName: (index) => names.has(table.readUInt32LE(index * ENTRY)),
    name: (index) => withoutVersion(names.at(table.readUInt32LE(index * ENTRY))),
  };
}

function withoutVersion(name: string): string {
  const at = name.indexOf('@', 1);
  return at < 0 ? name : name.slice(0, at);
}
