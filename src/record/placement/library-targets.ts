/**
 * Probes for library calls in the library instead of on the stub, which is always single-stepped. BPF keeps those hits
 * whose return address lies in the executable. That must count what the stub counts, so the stub is kept where the executable
 * could reach the function on another way, or reach it unseen:
 *
 * - its address is in the executable's or the library's data, or it has a second name among the imports;
 * - it is an IFUNC (bound at run time), or what ld.so binds is not certain;
 * - the executable jumps to the stub (a tail call) from code whose return is not probed: the return address is then not its own;
 * - the function has no cheap site, or is probed for itself (--nest-lib).
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Definition, indexDefinitions } from '../../plt/definitions.js';
import { readReferences } from '../../plt/references.js';
import { pltSections } from '../../plt/stubs.js';
import { readTakenAddresses } from '../../plt/taken-addresses.js';
import { openDecoder } from '../../symbols/decoder.js';
import { codeOffsetOf, type ElfFile, withElf } from '../../symbols/elf-file.js';
import { readFunctions } from '../../symbols/functions.js';
import { judgeInstruction } from '../../symbols/instructions.js';
import { readSymbolTable } from '../../symbols/symbol-table.js';
import type { ProbeSite } from '../plan.js';
import type { Candidate } from '../plan-candidates.js';
import type { PlanModule } from '../plan-modules.js';
import { type CodeSegment, ownerOf, readCode, scanBranches } from './branches.js';
import { chooseSites, type PlacedFunction, type Site } from './choose-sites.js';
import type { InstructionClass } from './instruction-class.js';

export interface LibraryTargetInput {
  readonly modules: readonly PlanModule[];
  readonly candidates: readonly Candidate[];
  /** One a candidate, library calls at their stubs. */
  readonly sites: readonly ProbeSite[];
  readonly emulated: ReadonlySet<InstructionClass>;
  /** Not filtered by the user. */
  readonly wanted: (candidate: Candidate) => boolean;
  /** Its return may be probed. */
  readonly returnsOf: (candidate: Candidate) => boolean;
}

/** New sites by index of the candidate. */
export function findLibraryTargets(input: LibraryTargetInput): Map<number, ProbeSite> {
  const targets = resolveCalls(input);
  const sites = new Map<number, ProbeSite>();
  const byLibrary = new Map<number, Target[]>();
  for (const target of targets) {
    const others = byLibrary.get(target.definition.library);
    if (others === undefined) byLibrary.set(target.definition.library, [target]);
    else others.push(target);
  }
  for (const [library, own] of byLibrary) {
    const module = input.modules[library + 1]!;
    for (const { target, site } of placeInLibrary(module, own, input.emulated)) {
      sites.set(target.index, {
        status: 'probe',
        module: module.trace.id,
        offset: site.offset,
        entry: target.definition.offset,
        returns: target.returns,
        instruction: site.instruction,
        reason: 'library call: function instead of stub',
      });
    }
  }
  return sites;
}

interface Target {
  /** Of the candidate. */
  readonly index: number;
  readonly definition: Definition;
  readonly returns: boolean;
  /** Without a stub any site is better than none. */
  readonly hasStub: boolean;
}

function resolveCalls(input: LibraryTargetInput): Target[] {
  const { modules, candidates, sites } = input;
  const paths = modules.slice(1).map((module) => module.trace.path);
  const find = indexDefinitions(paths);
  const isLoaded = paths.map((path) => !hasVariants(path));
  const isUnique = withElf(modules[0]!.trace.path, (elf) => openReferenceCheck(elf, input));
  const targets: Target[] = [];
  for (const [index, candidate] of candidates.entries()) {
    if (candidate.kind !== 'plt' || candidate.symbolIndex === undefined) continue;
    const site = sites[index]!;
    const hasStub = candidate.offset !== undefined;
    if (hasStub ? site.status !== 'probe' || !isUnique(candidate) : !input.wanted(candidate)) continue;
    const definition = find(candidate.symbols[0], candidate.version);
    if (definition === undefined || !isLoaded[definition.library]) continue;
    const returns = site.status === 'probe' ? site.returns : input.returnsOf(candidate);
    targets.push({ index, definition, returns, hasStub });
  }
  return withoutTwins(targets, input);
}

/** ld.so prefers a build for this processor (`glibc-hwcaps/x86-64-v3/libx.so`), which is not searched for. */
function hasVariants(path: string): boolean {
  const folder = join(dirname(path), 'glibc-hwcaps');
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((level) => existsSync(join(folder, level, basename(path))));
}

/** One probe stands for one name: neither two imports of one function, nor a function that is probed for itself. */
function withoutTwins(targets: readonly Target[], { sites }: LibraryTargetInput): Target[] {
  const users = new Map<string, number>();
  const keyOf = (module: number, entry: number): string => `${module}:${entry}`;
  for (const site of sites) if (site.status === 'probe') users.set(keyOf(site.module, site.entry), 1);
  for (const { definition } of targets) {
    const key = keyOf(definition.library + 1, definition.offset);
    users.set(key, (users.get(key) ?? 0) + 1);
  }
  return targets.filter(
    ({ definition }) => users.get(keyOf(definition.library + 1, definition.offset)) === 1,
  );
}

/** Whether the executable reaches an import through its one stub alone, and with a return address that tells. */
function openReferenceCheck(elf: ElfFile, input: LibraryTargetInput): (candidate: Candidate) => boolean {
  const references = readReferences(elf);
  const symbols = readSymbolTable(elf, 'dynamic');
  const jumped = findTailCalls(elf, input);
  const stubs = new Map<number, number>();
  for (const { symbolIndex } of input.candidates)
    if (symbolIndex !== undefined) stubs.set(symbolIndex, (stubs.get(symbolIndex) ?? 0) + 1);
  return ({ symbolIndex, offset }) => {
    const reference = references.get(symbolIndex!);
    if (reference === undefined || reference.slots.length !== 1 || reference.others > 0) return false;
    // In a fixed-address executable a value marks the stub as the function's address for everybody.
    if (symbols === undefined || symbols.value(symbolIndex!) !== 0 || stubs.get(symbolIndex!) !== 1)
      return false;
    return !jumped.has(offset!);
  };
}

const CALL = 0xe8;

/** Stubs to which some code jumps that has no return probe. */
function findTailCalls(elf: ElfFile, { candidates, sites }: LibraryTargetInput): Set<number> {
  const segments = readCode(elf);
  const stubs = candidates.flatMap(({ kind, offset }) =>
    kind === 'plt' && offset !== undefined ? [offset] : [],
  );
  const functions = candidates.flatMap((candidate, i) => {
    const site = sites[i]!;
    const { module, kind, offset, size } = candidate;
    if (module !== 0 || kind !== 'function' || offset === undefined) return [];
    return site.status === 'probe' && site.returns ? [{ start: offset as number, end: offset + size }] : [];
  });
  const inStub = (at: number): boolean =>
    pltSections(elf).some((section) => at >= section.offset && at < section.offset + section.size);
  functions.sort((a, b) => a.start - b.start);
  const isReturned = (at: number): boolean => at < (ownerOf(functions, at)?.end ?? 0);
  const jumped = new Set<number>();
  for (const { at, target } of scanBranches(segments, stubs) ??
    stubs.map((stub) => ({ at: -1, target: stub }))) {
    if (jumped.has(target) || byteAt(segments, at) === CALL || inStub(at) || isReturned(at)) continue;
    jumped.add(target);
  }
  return jumped;
}

function byteAt(segments: readonly CodeSegment[], at: number): number | undefined {
  const segment = segments.find(({ offset, code }) => at >= offset && at < offset + code.length);
  return segment?.code[at - segment.offset];
}

function placeInLibrary(
  module: PlanModule,
  targets: readonly Target[],
  emulated: ReadonlySet<InstructionClass>,
): { target: Target; site: Site }[] {
  return withElf(module.trace.path, (elf) => {
    const decoder = openDecoder(elf.bytes);
    const taken = readTakenAddresses(elf);
    const wanted = new Map(targets.map((target) => [target.definition.offset as number, target]));
    const functions = listFunctions(elf, wanted);
    const sites = chooseSites(elf, decoder, functions, emulated);
    const placed = functions.flatMap(({ entry }, i) => {
      const target = wanted.get(entry);
      const site = sites[i];
      if (target === undefined || site === undefined) return [];
      if (!target.hasStub) {
        const fine = site.instruction !== 'stepped' || judgeInstruction(decoder, site.offset) === 'fine';
        return fine ? [{ target, site }] : [];
      }
      if (site.instruction === 'stepped' || taken.has(target.definition.address)) return [];
      return [{ target, site }];
    });
    decoder.free();
    return placed;
  });
}

function listFunctions(elf: ElfFile, wanted: ReadonlyMap<number, Target>): PlacedFunction[] {
  const functions = readFunctions(elf).functions.flatMap(({ address, size }): PlacedFunction[] => {
    const entry = codeOffsetOf(elf, address);
    return entry === undefined ? [] : [{ entry, size, wanted: wanted.has(entry), fragments: [] }];
  });
  return functions.sort((a, b) => a.entry - b.entry);
}
