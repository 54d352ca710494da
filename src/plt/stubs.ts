/**
 * PLT stubs, found by what they do: each holds one indirect jump through a GOT slot that a relocation
 * fills (x86-64 psABI, section 5.2 and 11.1). Nothing is counted and no entry size is believed, so this reads the
 * layouts of bfd, gold, lld and mold, lazy or now-bound, with and without `endbr64` and `bnd`:
 *
 *     [endbr64] [mov $index,%r11d] [bnd] jmp *slot(%rip)      and lld's retpoline form: mov slot(%rip),%r11
 *
 * Where `.plt.sec` exists the entries of `.plt` push an index and jump to the resolver, read no slot that a
 * symbol fills, and so are not found twice.
 */
import { codeOffsetOf, type ElfFile, readSection, type Section } from '../symbols/elf-file.js';
import type { FileOffset, VirtualAddress } from '../util/units.js';
import type { SlotTarget } from './relocations.js';

export interface Stub {
  readonly address: VirtualAddress;
  readonly offset: FileOffset;
  /** Bytes to the next stub or the end of the section, at most 32. */
  readonly size: number;
  readonly target: SlotTarget;
}

/** The stubs of a file in ascending order of address. */
export function findStubs(elf: ElfFile, slots: ReadonlyMap<number, SlotTarget>): Stub[] {
  const stubs = pltSections(elf).flatMap((section) => findInSection(elf, section, slots));
  return stubs.sort((a, b) => a.address - b.address);
}

/** Sections of stubs; symbols inside them (`foo$plt` of mold) are no functions of their own. */
export function pltSections(elf: ElfFile): Section[] {
  return elf.sections.filter((section) => PLT_SECTIONS.has(section.name));
}

const PLT_SECTIONS: ReadonlySet<string> = new Set(['.plt', '.plt.sec', '.plt.got', '.plt.bnd', '.iplt']);
const LARGEST_STUB = 32;

function findInSection(elf: ElfFile, section: Section, slots: ReadonlyMap<number, SlotTarget>): Stub[] {
  const code = readSection(elf, section);
  const found: { start: number; target: SlotTarget }[] = [];
  for (let at = 0; at + 6 <= code.length; at++) {
    const length = slotReadLength(code, at);
    if (length === 0) continue;
    const slot = section.address + at + length + code.readInt32LE(at + length - 4);
    const target = slots.get(slot);
    if (target === undefined) continue;
    found.push({ start: stubStart(code, at), target });
    at += length - 1;
  }
  return found.flatMap(({ start, target }, i) => {
    const address = (section.address + start) as VirtualAddress;
    const offset = codeOffsetOf(elf, address);
    const end = found[i + 1]?.start ?? code.length;
    return offset === undefined
      ? []
      : [{ address, offset, size: Math.min(end - start, LARGEST_STUB), target }];
  });
}

/** Length of `jmp *disp32(%rip)` or `mov disp32(%rip),%r11` at `at`; 0: neither. */
function slotReadLength(code: Buffer, at: number): number {
  if (code[at] === 0xff && code[at + 1] === 0x25) return 6;
  const retpoline = code[at] === 0x4c && code[at + 1] === 0x8b && code[at + 2] === 0x1d;
  return retpoline && at + 7 <= code.length ? 7 : 0;
}

/** Steps back over what may stand before the jump in a stub. */
function stubStart(code: Buffer, jump: number): number {
  let start = jump;
  if (code[start - 1] === 0xf2 || code[start - 1] === 0x3e) start -= 1;
  if (start >= 6 && code[start - 6] === 0x41 && code[start - 5] === 0xbb) start -= 6;
  if (start >= 4 && code.readUInt32LE(start - 4) === ENDBR64) start -= 4;
  return start;
}

/** f3 0f 1e fa */
const ENDBR64 = 0xfa1e0ff3;
