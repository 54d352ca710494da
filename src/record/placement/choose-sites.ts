/**
 * The cheapest correct site for each of a file's functions: at the entry where the kernel emulates the instruction there,
 * else at the first emulated one of the first block (first-block.ts), if nothing jumps in between (branches.ts).
 * Whatever is not proven right stays at the entry.
 */
import type { CodeDecoder } from '../../symbols/decoder.js';
import type { ElfFile } from '../../symbols/elf-file.js';
import type { FileOffset } from '../../util/units.js';
import { type CodeRange, findBranchTargets, hasJumpTable, readCode } from './branches.js';
import { type Walk, walkFirstBlock } from './first-block.js';
import { classOf, type InstructionClass } from './instruction-class.js';
import type { PlacementReason, SiteInstruction } from './reasons.js';

export interface Site {
  readonly offset: FileOffset;
  readonly instruction: SiteInstruction;
  readonly reason: PlacementReason;
}

export interface PlacedFunction {
  readonly entry: FileOffset;
  /** 0: not known. */
  readonly size: number;
  /** Asked for; the others only say where functions start. */
  readonly wanted: boolean;
  /** Parts of this function that lie elsewhere (`f.cold`). */
  readonly fragments: readonly CodeRange[];
}

/** `functions`: all of the file by ascending entry. One site each; undefined for those not wanted. */
export function chooseSites(
  elf: ElfFile,
  decoder: CodeDecoder,
  functions: readonly PlacedFunction[],
  emulated: ReadonlySet<InstructionClass>,
): (Site | undefined)[] {
  const sites: (Site | undefined)[] = [];
  const moves: Move[] = [];
  let farthestEnd = 0;
  for (const [index, fn] of functions.entries()) {
    const inside = fn.entry < farthestEnd;
    farthestEnd = Math.max(farthestEnd, fn.entry + fn.size);
    if (!fn.wanted) {
      sites.push(undefined);
      continue;
    }
    const next = functions[index + 1]?.entry ?? Number.POSITIVE_INFINITY;
    const end = fn.size > 0 ? fn.entry + fn.size : Math.min(next, fn.entry + LARGEST_UNSIZED);
    const walk = walkFirstBlock(decoder, fn.entry, end, emulated);
    if (!walk.found) sites.push(stay(decoder, fn.entry, emulated, walk.reason));
    else if (walk.offset === fn.entry) sites.push(siteOf(walk, 'entry'));
    else if (inside) sites.push(stay(decoder, fn.entry, emulated, 'the function lies inside another'));
    else if (next <= walk.offset)
      sites.push(stay(decoder, fn.entry, emulated, 'another function starts before the cheap instruction'));
    else {
      moves.push({ index, walk, range: { start: fn.entry, end } });
      sites.push(
        siteOf(walk, walk.onlyEndbr ? 'moved past endbr64' : 'moved to the first cheap instruction'),
      );
    }
  }
  for (const { index, reason } of refuse(elf, decoder, functions, moves)) {
    sites[index] = stay(decoder, functions[index]!.entry, emulated, reason);
  }
  return sites;
}

/** A function whose symbol has no size is looked at this far, in bytes. */
const LARGEST_UNSIZED = 4096;

type FoundWalk = Extract<Walk, { found: true }>;

interface Move {
  readonly index: number;
  readonly walk: FoundWalk;
  readonly range: CodeRange;
}

interface Refusal {
  readonly index: number;
  readonly reason: PlacementReason;
}

function siteOf(walk: FoundWalk, reason: PlacementReason): Site {
  return { offset: walk.offset, instruction: walk.instruction, reason };
}

/** The site at the entry. */
export function stay(
  decoder: CodeDecoder,
  entry: FileOffset,
  emulated: ReadonlySet<InstructionClass>,
  reason: PlacementReason,
): Site {
  const instruction = classOf(decoder.bytes(entry), 0);
  const cheap = instruction !== undefined && emulated.has(instruction);
  return { offset: entry, instruction: cheap ? instruction : 'stepped', reason };
}

function refuse(
  elf: ElfFile,
  decoder: CodeDecoder,
  functions: readonly PlacedFunction[],
  moves: readonly Move[],
): Refusal[] {
  if (moves.length === 0) return [];
  const segments = readCode(elf);
  const ranges = functions.map((fn, index) => ({
    start: fn.entry as number,
    end: fn.size > 0 ? fn.entry + fn.size : (functions[index + 1]?.entry ?? fn.entry),
  }));
  const marks = moves.flatMap((move) => move.walk.passed);
  const targets = findBranchTargets(segments, marks, ranges, decoder);
  return moves.flatMap(({ index, walk, range }): Refusal[] => {
    if (walk.passed.some((offset) => targets.has(offset)))
      return [{ index, reason: 'a jump leads behind the entry' }];
    if (isProvenByPush(walk)) return [];
    const { fragments } = functions[index]!;
    const jumps = [range, ...fragments].some((part) => hasJumpTable(segments, part, decoder));
    return jumps ? [{ index, reason: 'the function has a jump table' }] : [];
  });
}

/**
 * `endbr64; push`: a jump table's target between the two would push again at every round. Compilers dispatch with the
 * stack of the body, not with that of the entry.
 */
function isProvenByPush(walk: FoundWalk): boolean {
  return walk.onlyEndbr && walk.instruction.startsWith('push');
}
