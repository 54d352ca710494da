/** NT_GNU_BUILD_ID, the linker's hash of a file's content (gABI, "Note Section"; note name `GNU`). */
import { NT_GNU_BUILD_ID, PT_NOTE, SHT_NOTE } from './elf-constants.js';
import type { ElfFile } from './elf-file.js';

/** Lower-case hex digits; undefined where the file has no such note. */
export function readBuildId(elf: ElfFile): string | undefined {
  const places = [
    ...elf.segments.filter((s) => s.type === PT_NOTE).map((s) => ({ offset: s.offset, size: s.fileSize })),
    ...elf.sections.filter((s) => s.type === SHT_NOTE),
  ];
  for (const { offset, size } of places) {
    const found = findBuildId(elf.bytes.read(offset, Math.min(size, LARGEST), 'notes'));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Notes of real files have some 100 bytes; a core-like note section is not searched to its end. */
const LARGEST = 1 << 16;

function findBuildId(notes: Buffer): string | undefined {
  let at = 0;
  while (at + 12 <= notes.length) {
    const nameSize = notes.readUInt32LE(at);
    const descriptionSize = notes.readUInt32LE(at + 4);
    const type = notes.readUInt32LE(at + 8);
    const description = at + 12 + align(nameSize);
    const end = description + descriptionSize;
    if (end > notes.length) return undefined;
    const name = notes.toString('latin1', at + 12, at + 12 + nameSize);
    if (type === NT_GNU_BUILD_ID && name === 'GNU\0') return notes.toString('hex', description, end);
    at = description + align(descriptionSize);
  }
  return undefined;
}

function align(size: number): number {
  return Math.ceil(size / 4) * 4;
}
