/**
 * Makes the probe plan: functions of the executable, its library calls (PLT stubs), and the functions inside
 * libraries chosen with --nest-lib (their own PLT stubs are not probed: the call is seen on both sides
 * already). Reads files only; nothing is run and no privilege is needed.
 */
import type { TraceFunction } from '../trace/model.js';
import { libraryNames } from '../util/library.js';
import type { FunctionId, ModuleId } from '../util/units.js';
import type { SelectionOptions } from './options.js';
import type { ProbePlan } from './plan.js';
import { type Candidate, readCandidates } from './plan-candidates.js';
import { type PlanModule, readModules } from './plan-modules.js';
import { describePlan } from './plan-notes.js';
import { requireMatch } from './plan-patterns.js';
import { compileSelection } from './plan-selection.js';
import { type Placement, placeProbes, probesLibraries } from './plan-sites.js';

export interface PlanInput {
  /** Path to open. */
  readonly executable: string;
  /** Paths of the libraries it loads, in load order (`findLibraries`, `findProcessModules`). */
  readonly libraries: readonly string[];
  readonly selection: SelectionOptions;
  readonly placement: Placement;
}

/** Throws UtraceError: what `openElf` throws for the executable, and NO_MATCH for a pattern that fits nothing. */
export function makePlan(input: PlanInput): ProbePlan {
  const { selection } = input;
  const modules = readModules(input.executable, input.libraries);
  requireNestedLibraries(modules, selection);
  const candidates = readCandidates(modules, selection.nestLibraries, probesLibraries(input.placement));
  requireFunctions(candidates, selection);
  requireLibraries(modules, candidates, selection);

  const sites = placeProbes(modules, candidates, compileSelection(selection), input.placement);
  return {
    modules: modules.map((module) => module.trace),
    functions: candidates.map(toTraceFunction),
    sites,
    notes: describePlan(modules, candidates, sites),
  };
}

function toTraceFunction(candidate: Candidate, index: number): TraceFunction {
  return {
    id: index as FunctionId,
    module: candidate.module as ModuleId,
    name: candidate.name,
    symbol: candidate.symbols[0],
    kind: candidate.kind,
    library: candidate.library,
    address: candidate.address,
    size: candidate.size,
  };
}

function requireFunctions(candidates: readonly Candidate[], selection: SelectionOptions): void {
  if (selection.functions.include.length === 0) return;
  requireMatch({
    option: '--function',
    patterns: selection.functions.include,
    what: 'function or library call',
    groups: candidates.map((candidate) => candidate.matchNames),
    shown: candidates.map((candidate) => candidate.name),
  });
}

function requireLibraries(
  modules: readonly PlanModule[],
  candidates: readonly Candidate[],
  selection: SelectionOptions,
): void {
  if (selection.libraries.include.length === 0) return;
  const called = candidates.flatMap((candidate) => candidate.library ?? []);
  const loaded = modules.slice(1).flatMap((module) => module.fileNames);
  const names = [...new Set([...called, ...loaded])];
  requireMatch({
    option: '--lib',
    patterns: selection.libraries.include,
    what: 'library of this program',
    groups: names.map(libraryNames),
    shown: names,
  });
}

function requireNestedLibraries(modules: readonly PlanModule[], selection: SelectionOptions): void {
  const libraries = modules.slice(1);
  requireMatch({
    option: '--nest-lib',
    patterns: selection.nestLibraries,
    what: 'library of this program',
    groups: libraries.map((module) => module.fileNames.flatMap(libraryNames)),
    shown: libraries.flatMap((module) => module.fileNames),
  });
}
