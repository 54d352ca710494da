/**
 * Jumps into the middle of a first block. A probe that was moved past instructions fires once a call only if nothing jumps
 * to what it was moved past, from wherever: loops, other entries that share a tail, cold parts. Decoding all code would
 * take seconds, so it is read twice:
 *
 * 1. Every byte that could begin a relative branch is taken for one, at any alignment; where it would lead to one of the
 *    marked addresses it is a suspect. This misses no direct branch.
 * 2. Suspects are decided by decoding their function from its start: is the byte part of a branch to there?
 *    Where no symbol tells the start, or the bytes are no code, the suspect stands.
 *
 * Indirect jumps tell no target: a function with one that could be a jump table keeps its probe at the entry.
 */
import type { Instruction } from 'iced-x86';
import { type CodeDecoder, INVALID_CODE, iced } from '../../symbols/decoder.js';
import type { ElfFile } from '../../symbols/elf-file.js';
import type { FileOffset, VirtualAddress } from '../../util/units.js';

/** Bytes of the file from `start` to before `end`. */
export interface CodeRange {
  readonly start: number;
  readonly end: number;
}

/** An executable segment with its bytes. */
export interface CodeSegment {
  readonly offset: number;
  readonly address: number;
  readonly code: Buffer;
}

/** Functions of the file by ascending start: where decoding may begin. */
export type FunctionRanges = readonly CodeRange[];

/** The marked file offsets to which some branch leads, or may lead. `marks`: in any order. */
export function findBranchTargets(
  segments: readonly CodeSegment[],
  marks: readonly number[],
  functions: FunctionRanges,
  decoder: CodeDecoder,
): Set<number> {
  if (marks.length === 0) return new Set();
  const suspects = scanBranches(segments, marks);
  if (suspects === undefined) return new Set(marks);
  const find = openFinder(segments, functions, decoder);
  const targets = new Set<number>();
  for (const { at, target, address } of suspects.sort((a, b) => a.at - b.at)) {
    if (targets.has(target)) continue;
    const instruction = find(at);
    if (instruction === undefined || leadsTo(instruction, address)) targets.add(target);
  }
  return targets;
}

/** What may be a direct branch to a marked file offset, whether it is one or not; undefined: the code spans too much. */
export function scanBranches(
  segments: readonly CodeSegment[],
  marks: readonly number[],
): Suspect[] | undefined {
  const marked = markAddresses(segments, marks);
  return marked && segments.flatMap((segment) => scan(segment, marked));
}

/** The executable segments with their bytes. */
export function readCode(elf: ElfFile): CodeSegment[] {
  return elf.codeLoads.map(({ offset, address, fileSize }) => ({
    offset,
    address,
    code: elf.bytes.read(offset, fileSize, 'code'),
  }));
}

/** Whether `range` holds an indirect jump that may lead to anywhere in its function. */
export function hasJumpTable(
  segments: readonly CodeSegment[],
  range: CodeRange,
  decoder: CodeDecoder,
): boolean {
  const segment = segments.find(
    ({ offset, code }) => range.start >= offset && range.end <= offset + code.length,
  );
  if (segment === undefined) return true;
  const { code, offset } = segment;
  const find = openFinder(segments, [range], decoder);
  for (let at = range.start - offset; at < range.end - offset - 1; at++) {
    if (code[at] !== 0xff) continue;
    const modrm = code[at + 1]!;
    const extension = (modrm >> 3) & 7;
    // jmp near and far; through a slot relative to rip only functions are reached.
    if ((extension !== 4 && extension !== 5) || (modrm & 0xc7) === 0x05) continue;
    const instruction = find(offset + at);
    if (instruction === undefined || instruction.isJmpNearIndirect || instruction.isJmpFarIndirect)
      return true;
  }
  return false;
}

export interface Suspect {
  /** File offset of the byte that may begin a branch. */
  readonly at: number;
  /** The marked file offset it would lead to. */
  readonly target: number;
  readonly address: number;
}

/** Beyond this a bit for each byte of code is too much. */
const LARGEST_SPAN = 2 ** 30;

/** Gives the marked file offset for an address; undefined where it is none. */
type MarkLookup = (address: number) => number | undefined;

interface Marks {
  readonly base: number;
  readonly bits: Uint8Array;
  readonly offsetOf: MarkLookup;
}

function markAddresses(segments: readonly CodeSegment[], marks: readonly number[]): Marks | undefined {
  const base = Math.min(...segments.map((segment) => segment.address));
  const end = Math.max(...segments.map((segment) => segment.address + segment.code.length));
  if (end - base > LARGEST_SPAN) return undefined;
  const bits = new Uint8Array(((end - base) >> 3) + 1);
  const offsets = new Map<number, number>();
  for (const mark of marks) {
    const segment = segments.find(({ offset, code }) => mark >= offset && mark < offset + code.length);
    if (segment === undefined) return undefined;
    const address = mark - segment.offset + segment.address;
    offsets.set(address, mark);
    bits[(address - base) >> 3]! |= 1 << ((address - base) & 7);
  }
  return { base, bits, offsetOf: (address) => offsets.get(address) };
}

const REL8 = 1;
const REL32 = 2;
const TWO_BYTES = 3;
/** First bytes of relative branches: jcc, loop and jrcxz, jmp, call; 0f 80-8f; c7 f8 (xbegin). */
const BRANCH_KIND = new Uint8Array(256);
for (let opcode = 0x70; opcode <= 0x7f; opcode++) BRANCH_KIND[opcode] = REL8;
for (const opcode of [0xe0, 0xe1, 0xe2, 0xe3, 0xeb]) BRANCH_KIND[opcode] = REL8;
for (const opcode of [0xe8, 0xe9]) BRANCH_KIND[opcode] = REL32;
for (const opcode of [0x0f, 0xc7]) BRANCH_KIND[opcode] = TWO_BYTES;

function scan(segment: CodeSegment, marks: Marks): Suspect[] {
  const { code, offset } = segment;
  const { bits } = marks;
  const suspects: Suspect[] = [];
  const bias = segment.address - marks.base;
  const span = bits.length * 8;
  const last = code.length;
  for (let at = 0; at < last; at++) {
    const kind = BRANCH_KIND[code[at]!];
    if (kind === 0) continue;
    let target: number;
    if (kind === REL8) target = at + 2 + ((code[at + 1]! << 24) >> 24);
    else {
      let from = at + 1;
      if (kind === TWO_BYTES) {
        const second = code[at + 1]!;
        if (code[at] === 0x0f ? (second & 0xf0) !== 0x80 : second !== 0xf8) continue;
        from++;
      }
      const relative =
        code[from]! | (code[from + 1]! << 8) | (code[from + 2]! << 16) | (code[from + 3]! << 24);
      target = from + 4 + relative;
    }
    target += bias;
    if (target < 0 || target >= span || (bits[target >> 3]! & (1 << (target & 7))) === 0) continue;
    const marked = marks.offsetOf(target + marks.base);
    if (marked !== undefined)
      suspects.push({ at: at + offset, target: marked, address: target + marks.base });
  }
  return suspects;
}

/** Farther from the start of a function nothing is decided: its decoding would take longer than it saves. */
const FARTHEST = 1 << 16;

/** The instruction that holds the byte at a file offset, valid until the next call; undefined: that is not known. */
type InstructionFinder = (at: number) => Instruction | undefined;

/** Asked in ascending order the walk through a function goes on where it stopped. */
function openFinder(
  segments: readonly CodeSegment[],
  functions: FunctionRanges,
  decoder: CodeDecoder,
): InstructionFinder {
  let current: CodeRange | undefined;
  let position = 0;
  let bias = 0;
  return (at) => {
    const owner = ownerOf(functions, at);
    if (owner === undefined || at >= owner.end || at - owner.start > FARTHEST) return undefined;
    if (owner !== current || position > at) {
      const segment = segments.find(({ offset, code }) => at >= offset && at < offset + code.length);
      if (segment === undefined) return undefined;
      current = owner;
      position = owner.start;
      bias = segment.address - segment.offset;
    }
    for (;;) {
      const instruction = decoder.decode(position as FileOffset, (position + bias) as VirtualAddress);
      if (instruction === undefined || instruction.code === INVALID_CODE) return undefined;
      if (position + instruction.length > at) return instruction;
      position += instruction.length;
    }
  };
}

function leadsTo(instruction: Instruction, address: number): boolean {
  const { NearBranch16, NearBranch32, NearBranch64 } = iced().OpKind;
  const kind = instruction.op0Kind;
  if (kind !== NearBranch16 && kind !== NearBranch32 && kind !== NearBranch64) return false;
  return instruction.nearBranchTarget === BigInt(address);
}

/** The function that starts last at or before `at`. */
export function ownerOf(functions: FunctionRanges, at: number): CodeRange | undefined {
  let low = 0;
  let high = functions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (functions[middle]!.start <= at) low = middle + 1;
    else high = middle;
  }
  return functions[low - 1];
}
