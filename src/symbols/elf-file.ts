/**
 * An opened ELF64 file for x86-64: header, program headers, section headers (ELF gABI, "ELF Header",
 * "Sections", "Program Loading"). What is not such a file is named as what it is. Section contents
 * are read on demand by the other files here; the section table may be missing (sstrip), the
 * program headers may not.
 */
import type { FileOffset, VirtualAddress } from '../util/units.js';
import { damaged, type ElfBytes, openBytes, u64 } from './elf-bytes.js';
import { PF_X, PT_LOAD, SHT_NOBITS } from './elf-constants.js';
import { HEADER_SIZE, type Header, parseHeader } from './elf-header.js';
import { StringTable } from './string-table.js';

export interface ElfFile {
  readonly path: string;
  readonly bytes: ElfBytes;
  readonly header: Header;
  readonly segments: readonly Segment[];
  /** The PT_LOAD segments, and those of them that are executable. */
  readonly loads: readonly Segment[];
  readonly codeLoads: readonly Segment[];
  readonly sections: readonly Section[];
}

export interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly address: number;
  /** Bytes in the file. */
  readonly fileSize: number;
}

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** Index of the associated section, for example a symbol table's strings. */
  readonly link: number;
}

/**
 * Opens and checks a file; the caller closes `bytes`.
 * Throws UtraceError: FILE_NOT_FOUND, FILE_NOT_READABLE, NOT_AN_ELF, ELF_SCRIPT, ELF_WRONG_ARCH,
 * ELF_NOT_EXECUTABLE, ELF_TRUNCATED, ELF_DAMAGED.
 */
export function openElf(path: string): ElfFile {
  const bytes = openBytes(path);
  try {
    const header = parseHeader(path, bytes.read(0, Math.min(bytes.size, HEADER_SIZE), 'header'));
    const segments = readSegments(bytes, header);
    const loads = segments.filter((segment) => segment.type === PT_LOAD);
    const codeLoads = loads.filter((segment) => (segment.flags & PF_X) !== 0);
    return { path, bytes, header, segments, loads, codeLoads, sections: readSections(bytes, header) };
  } catch (error) {
    bytes.close();
    throw error;
  }
}

/** Opens a file for the time of `use`. */
export function withElf<T>(path: string, use: (elf: ElfFile) => T): T {
  const elf = openElf(path);
  try {
    return use(elf);
  } finally {
    elf.bytes.close();
  }
}

/** The whole content of a section; empty for one without bytes in the file (`.bss`). */
export function readSection(elf: ElfFile, section: Section): Buffer {
  if (section.type === SHT_NOBITS) return Buffer.alloc(0);
  return elf.bytes.read(section.offset, section.size, `section ${section.name || '(unnamed)'}`);
}

export function findSection(elf: ElfFile, type: number): Section | undefined {
  return elf.sections.find((section) => section.type === type);
}

/** Where the byte at `address` rests in the file; undefined where no file-backed segment holds it. */
export function fileOffsetOf(elf: ElfFile, address: VirtualAddress): FileOffset | undefined {
  return locate(elf, elf.loads, address);
}

/** The same, for addresses that the loader maps executable. */
export function codeOffsetOf(elf: ElfFile, address: VirtualAddress): FileOffset | undefined {
  return locate(elf, elf.codeLoads, address);
}

function locate(elf: ElfFile, segments: readonly Segment[], address: number): FileOffset | undefined {
  for (const segment of segments) {
    const within = address - segment.address;
    if (within < 0 || within >= segment.fileSize) continue;
    const offset = segment.offset + within;
    if (offset < elf.bytes.size) return offset as FileOffset;
  }
  return undefined;
}

const SEGMENT_ENTRY = 56;
const SECTION_ENTRY = 64;
/** The kernel runs no program whose program headers exceed 64 KiB (fs/binfmt_elf.c, load_elf_phdrs). */
const MOST_SEGMENTS = Math.floor(65536 / SEGMENT_ENTRY);

function readSegments(bytes: ElfBytes, header: Header): Segment[] {
  if (header.segmentCount === 0) return [];
  if (header.segmentEntrySize !== SEGMENT_ENTRY || header.segmentCount > MOST_SEGMENTS) {
    throw damaged(bytes.path, 'its program headers have a wrong size or number');
  }
  const table = bytes.read(header.segmentOffset, header.segmentCount * SEGMENT_ENTRY, 'program header table');
  return Array.from({ length: header.segmentCount }, (_, i) => {
    const at = i * SEGMENT_ENTRY;
    return {
      type: table.readUInt32LE(at),
      flags: table.readUInt32LE(at + 4),
      offset: u64(table, at + 8),
      address: u64(table, at + 16),
      fileSize: u64(table, at + 32),
    };
  });
}

function readSections(bytes: ElfBytes, header: Header): Section[] {
  if (header.sectionOffset === 0) return [];
  if (header.sectionEntrySize !== SECTION_ENTRY) {
    throw damaged(bytes.path, 'its section headers have a wrong size');
  }
  // More than 0xff00 sections: section 0 holds the true numbers (gABI, "Extended section header").
  const first = bytes.read(header.sectionOffset, SECTION_ENTRY, 'section header table');
  const count = header.sectionCount === 0 ? u64(first, 32) : header.sectionCount;
  const namesIndex = header.sectionNames === 0xffff ? first.readUInt32LE(40) : header.sectionNames;
  const table = bytes.read(header.sectionOffset, count * SECTION_ENTRY, 'section header table');
  const names = readNames(bytes, table, count, namesIndex);
  return Array.from({ length: count }, (_, i) => {
    const at = i * SECTION_ENTRY;
    return {
      name: names?.at(table.readUInt32LE(at)) ?? '',
      type: table.readUInt32LE(at + 4),
      address: u64(table, at + 16),
      offset: u64(table, at + 24),
      size: u64(table, at + 32),
      link: table.readUInt32LE(at + 40),
    };
  });
}

function readNames(bytes: ElfBytes, table: Buffer, count: number, index: number): StringTable | undefined {
  if (index === 0 || index >= count) return undefined;
  const at = index * SECTION_ENTRY;
  if (table.readUInt32LE(at + 4) === SHT_NOBITS) return undefined;
  const content = bytes.read(u64(table, at + 24), u64(table, at + 32), 'section name table');
  return new StringTable(bytes.path, content);
}
