/**
 * Functions whose address a library keeps in its data (virtual tables, tables of callbacks): they are called through
 * pointers too. RELA and RELR relocations (gABI, "Relocation"; RELR: a run of addresses as bitmaps).
 */
import { u64 } from '../symbols/elf-bytes.js';
import { R_X86_64_64, R_X86_64_RELATIVE, SHT_RELA, SHT_RELR } from '../symbols/elf-constants.js';
import { type ElfFile, fileOffsetOf, readSection } from '../symbols/elf-file.js';
import { readSymbolTable } from '../symbols/symbol-table.js';
import type { VirtualAddress } from '../util/units.js';

export function readTakenAddresses(elf: ElfFile): Set<number> {
  const taken = new Set<number>();
  const symbols = readSymbolTable(elf, 'dynamic');
  for (const section of elf.sections) {
    if (section.address === 0) continue;
    if (section.type === SHT_RELR) readPacked(elf, readSection(elf, section), taken);
    if (section.type !== SHT_RELA) continue;
    const table = readSection(elf, section);
    for (let at = 0; at + RELA_ENTRY <= table.length; at += RELA_ENTRY) {
      const type = table.readUInt32LE(at + 8);
      if (type === R_X86_64_RELATIVE) taken.add(u64(table, at + 16));
      else if (type === R_X86_64_64 && symbols !== undefined) {
        const index = table.readUInt32LE(at + 12);
        if (index < symbols.count) taken.add(symbols.value(index) + u64(table, at + 16));
      }
    }
  }
  return taken;
}

const RELA_ENTRY = 24;
const WORD = 8;

/** The addends rest in the words to be relocated. */
function readPacked(elf: ElfFile, table: Buffer, taken: Set<number>): void {
  const take = (address: number): void => {
    const offset = fileOffsetOf(elf, address as VirtualAddress);
    if (offset !== undefined && offset + WORD <= elf.bytes.size)
      taken.add(u64(elf.bytes.read(offset, WORD, 'relocated word'), 0));
  };
  let next = 0;
  for (let at = 0; at + WORD <= table.length; at += WORD) {
    const low = table.readUInt32LE(at);
    if ((low & 1) === 0) {
      const address = u64(table, at);
      take(address);
      next = address + WORD;
      continue;
    }
    const bits = table.readBigUInt64LE(at);
    for (let bit = 1; bit < 64; bit++) if ((bits >> BigInt(bit)) & 1n) take(next + (bit - 1) * WORD);
    next += 63 * WORD;
  }
}
