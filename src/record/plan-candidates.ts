/** Everything that could be probed, before any choice: functions and library calls with all their names. */
import { indexExports } from '../plt/exports.js';
import { type LibraryCall, readLibraryCalls } from '../plt/library-calls.js';
import { readSlotCalls } from '../plt/slot-calls.js';
import { pltSections } from '../plt/stubs.js';
import { demangle } from '../symbols/demangle.js';
import { type ElfFile, withElf } from '../symbols/elf-file.js';
import { type ElfFunction, readFunctions } from '../symbols/functions.js';
import { compileFilter } from '../util/glob.js';
import { libraryNames } from '../util/library.js';
import type { FileOffset, VirtualAddress } from '../util/units.js';
import type { PlanModule } from './plan-modules.js';

export interface Candidate {
  /** Index of the module. */
  readonly module: number;
  readonly kind: 'function' | 'plt';
  readonly name: string;
  /** The preferred symbol, then its aliases. */
  readonly symbols: readonly [string, ...string[]];
  /** What a pattern is compared with: readable and raw names, aliases included. */
  readonly matchNames: readonly string[];
  /** For `plt`: file name of the defining library. */
  readonly library: string | undefined;
  readonly address: VirtualAddress;
  readonly size: number;
  /** undefined: no executable bytes of the file. */
  readonly offset: FileOffset | undefined;
  readonly ifunc: boolean;
  /** Of an import: its index in the dynamic symbol table, and its version. */
  readonly symbolIndex: number | undefined;
  readonly version: string | undefined;
}

/**
 * Grouped by module, within it in ascending order of address, functions before library calls, those without a
 * stub (`callsWithoutStub`: they are wanted) last.
 */
export function readCandidates(
  modules: readonly PlanModule[],
  nestLibraries: readonly string[],
  callsWithoutStub: boolean,
): Candidate[] {
  const [executable, ...libraries] = modules;
  const exports = indexExports(libraries.map(({ trace, soname }) => ({ path: trace.path, soname })));
  const candidates = withElf(executable!.trace.path, (elf) => {
    const stubs = readLibraryCalls(elf, exports);
    const calls = callsWithoutStub ? [...stubs, ...readSlotCalls(elf, exports, stubs)] : stubs;
    return [...readFunctionCandidates(elf, 0), ...calls.map((call) => callCandidate(call))];
  });
  for (const library of chooseNested(libraries, nestLibraries)) {
    const { id, path } = library.trace;
    // One by one: a library may have more functions than a call may have arguments.
    for (const candidate of withElf(path, (elf) => readFunctionCandidates(elf, id)))
      candidates.push(candidate);
  }
  return candidates;
}

function chooseNested(libraries: readonly PlanModule[], patterns: readonly string[]): PlanModule[] {
  if (patterns.length === 0) return [];
  const chosen = compileFilter({ include: patterns, exclude: [] });
  return libraries.filter((library) => chosen(...library.fileNames.flatMap(libraryNames)));
}

function readFunctionCandidates(elf: ElfFile, module: number): Candidate[] {
  const stubs = pltSections(elf);
  const inStubs = (address: number): boolean =>
    stubs.some((section) => address >= section.address && address < section.address + section.size);
  return readFunctions(elf)
    .functions.filter((fn) => !inStubs(fn.address))
    .map((fn) => functionCandidate(fn, module));
}

function functionCandidate(fn: ElfFunction, module: number): Candidate {
  const symbols = [fn.symbol, ...fn.aliases] as const;
  const name = demangle(fn.symbol);
  return {
    module,
    kind: 'function',
    name,
    symbols,
    matchNames: allNames(name, symbols),
    library: undefined,
    address: fn.address,
    size: fn.size,
    offset: fn.offset,
    ifunc: fn.ifunc,
    symbolIndex: undefined,
    version: undefined,
  };
}

function callCandidate(call: LibraryCall): Candidate {
  const name = demangle(call.symbol);
  return {
    module: 0,
    kind: 'plt',
    name,
    symbols: [call.symbol],
    matchNames: allNames(name, [call.symbol]),
    library: call.library,
    address: call.address,
    size: call.size,
    offset: call.offset,
    ifunc: false,
    symbolIndex: call.symbolIndex,
    version: call.version,
  };
}

function allNames(name: string, symbols: readonly string[]): readonly string[] {
  if (symbols.length === 1) return name === symbols[0] ? symbols : [name, symbols[0]!];
  return [...new Set([name, ...symbols, ...symbols.slice(1).map(demangle)])];
}
