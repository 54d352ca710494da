/**
 * Symbol versions (LSB Core, "Symbol Versioning"): `.gnu.version` holds an index a dynamic symbol,
 * `.gnu.version_r` says which version of which library that index is, `.gnu.version_d` which version of
 * this file. Both are linked lists in the file; offsets only ever move forward here, so a list cannot loop.
 */
import { SHT_GNU_VERDEF, SHT_GNU_VERNEED, SHT_GNU_VERSYM } from './elf-constants.js';
import { type ElfFile, findSection, readSection, type Section } from './elf-file.js';
import { StringTable } from './string-table.js';

export interface SymbolVersion {
  /** For example `GLIBC_2.34`. */
  readonly version: string;
  /** SONAME of the library an import comes from; undefined for the file's own versions. */
  readonly library: string | undefined;
}

/** The version of a dynamic symbol by its index; undefined for unversioned symbols. */
export type VersionLookup = (symbolIndex: number) => SymbolVersion | undefined;

export function readVersions(elf: ElfFile): VersionLookup {
  const section = findSection(elf, SHT_GNU_VERSYM);
  if (section === undefined) return () => undefined;
  const indices = readSection(elf, section);
  const versions = new Map<number, SymbolVersion>();
  readNeeded(elf, versions);
  readDefined(elf, versions);
  return (symbolIndex) => {
    const at = symbolIndex * 2;
    // Bit 15 marks a hidden (not default) version; 0 and 1 are "local" and "global, unversioned".
    return at + 2 <= indices.length ? versions.get(indices.readUInt16LE(at) & 0x7fff) : undefined;
  };
}

function readNeeded(elf: ElfFile, versions: Map<number, SymbolVersion>): void {
  const list = openList(elf, SHT_GNU_VERNEED);
  if (list === undefined) return;
  const { table, names } = list;
  const steps = { left: MOST_ENTRIES };
  walk(table, 0, 16, 12, steps, (at) => {
    const library = names.at(table.readUInt32LE(at + 4));
    walk(table, at + table.readUInt32LE(at + 8), 16, 12, steps, (aux) => {
      const version = names.at(table.readUInt32LE(aux + 8));
      versions.set(table.readUInt16LE(aux + 6) & 0x7fff, { version, library });
    });
  });
}

function readDefined(elf: ElfFile, versions: Map<number, SymbolVersion>): void {
  const list = openList(elf, SHT_GNU_VERDEF);
  if (list === undefined) return;
  const { table, names } = list;
  walk(table, 0, 20, 16, { left: MOST_ENTRIES }, (at) => {
    const aux = at + table.readUInt32LE(at + 12);
    // Index 1 is the file's own name. The first auxiliary entry is the version, others its ancestors.
    const index = table.readUInt16LE(at + 4) & 0x7fff;
    if (index < 2 || aux + 8 > table.length) return;
    versions.set(index, { version: names.at(table.readUInt32LE(aux)), library: undefined });
  });
}

function openList(elf: ElfFile, type: number): { table: Buffer; names: StringTable } | undefined {
  const section = findSection(elf, type);
  const strings: Section | undefined = section && elf.sections[section.link];
  if (section === undefined || strings === undefined) return undefined;
  return { table: readSection(elf, section), names: new StringTable(elf.path, readSection(elf, strings)) };
}

/** Visits the entries of a list of `size`-byte entries whose distance to the next stands at `nextField`. */
function walk(
  table: Buffer,
  start: number,
  size: number,
  nextField: number,
  steps: { left: number },
  visit: (at: number) => void,
): void {
  let at = start;
  while (at + size <= table.length && steps.left-- > 0) {
    visit(at);
    const next = table.readUInt32LE(at + nextField);
    if (next === 0) return;
    at += next;
  }
}

/** An index has 15 bits: all lists of a file together have fewer entries. */
const MOST_ENTRIES = 0x8000;
