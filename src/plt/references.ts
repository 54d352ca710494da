/**
 * How a file refers to what it imports: slots of the GOT, and any other place that holds an import's address (tables of
 * pointers, copies). x86-64 psABI, table 4.9.
 */
import { u64 } from '../symbols/elf-bytes.js';
import { R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT, SHT_RELA } from '../symbols/elf-constants.js';
import { type ElfFile, readSection } from '../symbols/elf-file.js';

export interface ImportReferences {
  /** Addresses of GOT slots, filled by JUMP_SLOT and GLOB_DAT. */
  readonly slots: readonly number[];
  /** Relocations of other kinds against the symbol. */
  readonly others: number;
}

/** By index into the dynamic symbol table. */
export function readReferences(elf: ElfFile): Map<number, ImportReferences> {
  const references = new Map<number, { slots: number[]; others: number }>();
  for (const section of elf.sections) {
    if (section.type !== SHT_RELA || section.address === 0) continue;
    const table = readSection(elf, section);
    for (let at = 0; at + ENTRY <= table.length; at += ENTRY) {
      const symbol = table.readUInt32LE(at + 12);
      if (symbol === 0) continue;
      const entry = references.get(symbol) ?? { slots: [], others: 0 };
      references.set(symbol, entry);
      const type = table.readUInt32LE(at + 8);
      if (type === R_X86_64_JUMP_SLOT || type === R_X86_64_GLOB_DAT) entry.slots.push(u64(table, at));
      else entry.others++;
    }
  }
  return references;
}

const ENTRY = 24;
