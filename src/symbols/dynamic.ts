/**
 * The dynamic section (gABI, "Dynamic Section"): which libraries a file needs, where it wants them
 * looked for, its own name, and the interpreter of a program (PT_INTERP).
 */
import type { VirtualAddress } from '../util/units.js';
import { u64 } from './elf-bytes.js';
import {
  DT_NEEDED,
  DT_RPATH,
  DT_RUNPATH,
  DT_SONAME,
  DT_STRSZ,
  DT_STRTAB,
  PT_DYNAMIC,
  PT_INTERP,
} from './elf-constants.js';
import { type ElfFile, fileOffsetOf } from './elf-file.js';
import { StringTable } from './string-table.js';

export interface DynamicInfo {
  /** DT_NEEDED in order. */
  readonly needed: readonly string[];
  readonly soname: string | undefined;
  /** Directories as written, `$ORIGIN` not replaced. */
  readonly rpath: readonly string[];
  readonly runpath: readonly string[];
  /** The dynamic linker; undefined for a static program or a library. */
  readonly interpreter: string | undefined;
}

export function readDynamic(elf: ElfFile): DynamicInfo {
  const entries = readEntries(elf);
  const strings = readStrings(elf, entries);
  const texts = (tag: number): string[] =>
    entries.filter((entry) => entry.tag === tag).map((entry) => strings?.at(entry.value) ?? '');
  const directories = (tag: number): string[] =>
    texts(tag).flatMap((text) => text.split(':').filter((directory) => directory !== ''));
  return {
    needed: texts(DT_NEEDED).filter((name) => name !== ''),
    soname: texts(DT_SONAME)[0] || undefined,
    rpath: directories(DT_RPATH),
    runpath: directories(DT_RUNPATH),
    interpreter: readInterpreter(elf),
  };
}

interface Entry {
  readonly tag: number;
  readonly value: number;
}

function readEntries(elf: ElfFile): Entry[] {
  const segment = elf.segments.find((candidate) => candidate.type === PT_DYNAMIC);
  if (segment === undefined) return [];
  const table = elf.bytes.read(segment.offset, segment.fileSize, 'dynamic section');
  const entries: Entry[] = [];
  for (let at = 0; at + 16 <= table.length; at += 16) {
    const tag = u64(table, at);
    if (tag === 0) break;
    entries.push({ tag, value: u64(table, at + 8) });
  }
  return entries;
}

function readStrings(elf: ElfFile, entries: readonly Entry[]): StringTable | undefined {
  const value = (tag: number): number | undefined => entries.find((entry) => entry.tag === tag)?.value;
  const address = value(DT_STRTAB);
  const size = value(DT_STRSZ);
  if (address === undefined || size === undefined) return undefined;
  const offset = fileOffsetOf(elf, address as VirtualAddress);
  if (offset === undefined) return undefined;
  return new StringTable(elf.path, elf.bytes.read(offset, size, 'dynamic string table'));
}

function readInterpreter(elf: ElfFile): string | undefined {
  const segment = elf.segments.find((candidate) => candidate.type === PT_INTERP);
  if (segment === undefined) return undefined;
  const text = elf.bytes.read(segment.offset, Math.min(segment.fileSize, 4096), 'interpreter name');
  return new StringTable(elf.path, text).at(0) || undefined;
}
