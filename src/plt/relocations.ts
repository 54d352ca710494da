/**
 * Which symbol the loader writes into which GOT slot: R_X86_64_JUMP_SLOT (lazy or now-bound calls),
 * R_X86_64_GLOB_DAT (`-fno-plt`, `.plt.got`) and R_X86_64_IRELATIVE (IFUNCs, the only kind in a static program).
 * x86-64 psABI, table 4.9 and section 5.2.
 */
import { u64 } from '../symbols/elf-bytes.js';
import {
  R_X86_64_GLOB_DAT,
  R_X86_64_IRELATIVE,
  R_X86_64_JUMP_SLOT,
  SHT_RELA,
} from '../symbols/elf-constants.js';
import { type ElfFile, readSection } from '../symbols/elf-file.js';

export type SlotTarget =
  /** Index into the dynamic symbol table. */
  | { readonly kind: 'import'; readonly symbolIndex: number }
  /** Address of the resolver that is called to fill the slot. */
  | { readonly kind: 'ifunc'; readonly resolver: number };

/** Slot address -> what the loader writes there. */
export function readSlots(elf: ElfFile): ReadonlyMap<number, SlotTarget> {
  const slots = new Map<number, SlotTarget>();
  for (const section of elf.sections) {
    // Address 0: relocations for the linker (`-Wl,--emit-relocs`), not for the loader.
    if (section.type !== SHT_RELA || section.address === 0) continue;
    const table = readSection(elf, section);
    for (let at = 0; at + ENTRY <= table.length; at += ENTRY) {
      const type = table.readUInt32LE(at + 8);
      if (type === R_X86_64_JUMP_SLOT || type === R_X86_64_GLOB_DAT) {
        slots.set(u64(table, at), { kind: 'import', symbolIndex: table.readUInt32LE(at + 12) });
      } else if (type === R_X86_64_IRELATIVE) {
        slots.set(u64(table, at), { kind: 'ifunc', resolver: u64(table, at + 16) });
      }
    }
  }
  return slots;
}

const ENTRY = 24;
