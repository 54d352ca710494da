/** One site a candidate: where its probe goes, or why it has none. Code is decoded only for what was selected. */
import { type CodeDecoder, openDecoder } from '../symbols/decoder.js';
import { type ElfFile, withElf } from '../symbols/elf-file.js';
import { forbidsReturnProbe } from '../symbols/function-names.js';
import { openBoundaryCheck } from '../symbols/instruction-boundary.js';
import { judgeInstruction } from '../symbols/instructions.js';
import type { FileOffset } from '../util/units.js';
import type { CodeRange } from './placement/branches.js';
import { chooseSites, type PlacedFunction, type Site, stay } from './placement/choose-sites.js';
import { ASSUMED, type KernelFacts } from './placement/kernel-facts.js';
import { findLibraryTargets } from './placement/library-targets.js';
import type { ProbeSite, SkipReason } from './plan.js';
import type { Candidate } from './plan-candidates.js';
import type { PlanModule } from './plan-modules.js';
import type { Selection } from './plan-selection.js';

/** Probes at the entries, or where the running kernel makes them cheapest. */
export type Placement =
  | { readonly kind: 'entry' }
  | {
      readonly kind: 'cheapest';
      readonly kernel: KernelFacts;
      /** Which library defines an import is certain: library calls may be probed there. */
      readonly libraries: boolean;
    };

/** Candidates must be grouped by module and ascend by address within each kind. */
export function placeProbes(
  modules: readonly PlanModule[],
  candidates: readonly Candidate[],
  select: Selection,
  placement: Placement,
): ProbeSite[] {
  const sites: ProbeSite[] = [];
  for (let start = 0; start < candidates.length; start = sites.length) {
    const index = candidates[start]!.module;
    let end = start + 1;
    while (candidates[end]?.module === index) end++;
    const own = candidates.slice(start, end);
    const module = modules[index]!;
    // One by one: a module may have more functions than a call may have arguments.
    for (const site of withElf(module.trace.path, (elf) =>
      placeInModule(elf, module, own, select, placement),
    ))
      sites.push(site);
  }
  if (placement.kind === 'entry' || !probesLibraries(placement)) return sites;
  const wanted = (candidate: Candidate): boolean => select(candidate) === undefined;
  const { emulated } = placement.kernel;
  const moved = findLibraryTargets({ modules, candidates, sites, emulated, wanted, returnsOf });
  return sites.map((site, i) => moved.get(i) ?? site);
}

/** Only the program of a session link can decline the return of a call that is not the executable's. */
export function probesLibraries(placement: Placement): boolean {
  return placement.kind === 'cheapest' && placement.kernel.session && placement.libraries;
}

function placeInModule(
  elf: ElfFile,
  module: PlanModule,
  candidates: readonly Candidate[],
  select: Selection,
  placement: Placement,
): ProbeSite[] {
  const decoder = openDecoder(elf.bytes);
  try {
    const reasons = checkCandidates(decoder, candidates, select);
    const placed = placeFunctions(elf, decoder, candidates, reasons, placement);
    return candidates.map((candidate, i) => {
      const reason = reasons[i];
      if (reason !== undefined) return { status: 'skip', reason };
      return probeAt(decoder, candidate, placed[i]!, module);
    });
  } finally {
    decoder.free();
  }
}

/** Why a candidate is not probed at all; undefined: it may be. */
function checkCandidates(
  decoder: CodeDecoder,
  candidates: readonly Candidate[],
  select: Selection,
): (SkipReason | undefined)[] {
  const isBoundary = openBoundaryCheck(decoder);
  return candidates.map((candidate) => {
    const { kind, offset, size } = candidate;
    const boundary = kind === 'plt' || offset === undefined || isBoundary(offset, size);
    const unselected = select(candidate);
    if (unselected !== undefined) return unselected;
    if (offset === undefined) return kind === 'plt' ? 'its function is known only at run time' : 'no code';
    return boundary ? undefined : 'inside an instruction';
  });
}

/** One site a candidate; undefined where `reasons` has one. */
function placeFunctions(
  elf: ElfFile,
  decoder: CodeDecoder,
  candidates: readonly Candidate[],
  reasons: readonly (SkipReason | undefined)[],
  placement: Placement,
): (Site | undefined)[] {
  const { emulated } = placement.kind === 'entry' ? ASSUMED : placement.kernel;
  const sites: (Site | undefined)[] = candidates.map(({ kind, offset }, i) => {
    if (reasons[i] !== undefined || offset === undefined) return undefined;
    if (kind === 'plt') return stay(decoder, offset, emulated, 'library call: stub');
    if (placement.kind === 'entry')
      return stay(decoder, offset, emulated, 'asked for with --placement=entry');
    return undefined;
  });
  if (placement.kind === 'entry') return sites;
  const indices = functionIndices(candidates);
  const fragments = collectFragments(candidates);
  const functions = indices.map((i): PlacedFunction => {
    const { offset, size, symbols } = candidates[i]!;
    return {
      entry: offset!,
      size,
      wanted: reasons[i] === undefined,
      fragments: fragments.get(symbols[0]) ?? NO_FRAGMENTS,
    };
  });
  for (const [at, site] of chooseSites(elf, decoder, functions, emulated).entries()) {
    sites[indices[at]!] = site;
  }
  return sites;
}

/** Functions with code by ascending file offset, which is the order of addresses in all but odd files. */
function functionIndices(candidates: readonly Candidate[]): number[] {
  const indices: number[] = [];
  for (const [i, { kind, offset }] of candidates.entries()) {
    if (kind === 'function' && offset !== undefined) indices.push(i);
  }
  return indices.sort((a, b) => candidates[a]!.offset! - candidates[b]!.offset!);
}

const NO_FRAGMENTS: readonly CodeRange[] = [];

/** Name of a function -> its `.cold` parts. */
function collectFragments(candidates: readonly Candidate[]): Map<string, CodeRange[]> {
  const fragments = new Map<string, CodeRange[]>();
  for (const { symbols, offset, size } of candidates) {
    if (offset === undefined) continue;
    for (const symbol of symbols) {
      const at = symbol.indexOf('.cold');
      if (at <= 0) continue;
      const parent = symbol.slice(0, at);
      const range = { start: offset as number, end: offset + size };
      fragments.set(parent, [...(fragments.get(parent) ?? []), range]);
    }
  }
  return fragments;
}

function probeAt(decoder: CodeDecoder, candidate: Candidate, site: Site, module: PlanModule): ProbeSite {
  // What the kernel emulates is fine by its class.
  if (site.instruction === 'stepped') {
    const verdict = judgeInstruction(decoder, site.offset);
    if (verdict !== 'fine') return { status: 'skip', reason: verdict };
  }
  return {
    status: 'probe',
    module: module.trace.id,
    offset: site.offset,
    entry: candidate.offset as FileOffset,
    returns: !module.go && returnsOf(candidate),
    instruction: site.instruction,
    reason: site.reason,
  };
}

function returnsOf(candidate: Candidate): boolean {
  return !candidate.symbols.some((symbol) => forbidsReturnProbe(symbol, candidate.kind));
}
