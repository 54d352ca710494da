/**
 * Library calls without a stub: `call *slot(%rip)` and `jmp *slot(%rip)` (ff 15, ff 25) through GOT slots that the loader
 * fills with imports (`-fno-plt`, Rust). Every byte is tried as the start of one: data that looks like such a call must
 * hit the address of a slot.
 */
import type { ElfFile } from '../symbols/elf-file.js';
import { readSection } from '../symbols/elf-file.js';
import { readSymbolTable } from '../symbols/symbol-table.js';
import { readVersions } from '../symbols/versions.js';
import type { VirtualAddress } from '../util/units.js';
import type { ExportIndex } from './exports.js';
import type { LibraryCall } from './library-calls.js';
import { readSlots } from './relocations.js';
import { pltSections } from './stubs.js';

/** By ascending address of the slot; not those that `withStub` has. */
export function readSlotCalls(
  elf: ElfFile,
  exports: ExportIndex,
  withStub: readonly LibraryCall[],
): LibraryCall[] {
  const names = readSymbolTable(elf, 'dynamic');
  if (names === undefined) return [];
  const known = new Set(withStub.map((call) => call.symbol));
  const versionOf = readVersions(elf);
  const calls: LibraryCall[] = [];
  for (const [slot, index] of [...calledSlots(elf)].sort(([a], [b]) => a - b)) {
    if (index >= names.count) continue;
    const symbol = names.name(index);
    if (symbol === '' || known.has(symbol) || START_UP.test(symbol)) continue;
    known.add(symbol);
    const version = versionOf(index);
    calls.push({
      symbol,
      symbolIndex: index,
      version: version?.version,
      library: version?.library ?? exports.definingLibrary(symbol),
      address: slot as VirtualAddress,
      offset: undefined,
      size: 0,
    });
  }
  return calls;
}

/** What start-up code calls through slots in every program. */
const START_UP = /^(__libc_start_main|__gmon_start__|__cxa_finalize|_ITM_.*|_Jv_RegisterClasses)$/;
const CODE_SECTION = /^\.(text|init|fini)/;

/** Slot -> index of its import. */
function calledSlots(elf: ElfFile): Map<number, number> {
  const slots = readSlots(elf);
  const found = new Map<number, number>();
  const stubs = new Set(pltSections(elf));
  for (const section of elf.sections) {
    if (stubs.has(section) || !CODE_SECTION.test(section.name) || section.address === 0) continue;
    const code = readSection(elf, section);
    for (let at = code.indexOf(0xff); at >= 0 && at + 6 <= code.length; at = code.indexOf(0xff, at + 1)) {
      const form = code[at + 1];
      if (form !== 0x15 && form !== 0x25) continue;
      const slot = section.address + at + 6 + code.readInt32LE(at + 2);
      const target = slots.get(slot);
      if (target?.kind === 'import') found.set(slot, target.symbolIndex);
    }
  }
  return found;
}
