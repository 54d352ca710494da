/**
 * Which function of which library ld.so binds an import to: the first library in load order that exports the name
 * (glibc elf/dl-lookup.c), if it does so in one version, or once in the wanted one. Where ld.so would have to be
 * imitated further, there is no answer.
 */
import { SHN_UNDEF, STB_LOCAL, STT_FUNC } from '../symbols/elf-constants.js';
import { codeOffsetOf, withElf } from '../symbols/elf-file.js';
import { readSymbolTable } from '../symbols/symbol-table.js';
import { readVersions } from '../symbols/versions.js';
import { UtraceError } from '../util/errors.js';
import type { FileOffset, VirtualAddress } from '../util/units.js';

export interface Definition {
  /** Index of the library. */
  readonly library: number;
  readonly address: VirtualAddress;
  readonly offset: FileOffset;
}

export type DefinitionLookup = (symbol: string, version: string | undefined) => Definition | undefined;

/** `libraries`: paths in load order; they are read as they are needed. */
export function indexDefinitions(libraries: readonly string[]): DefinitionLookup {
  const tables: (Exports | undefined)[] = [];
  return (symbol, version) => {
    for (const [library, path] of libraries.entries()) {
      tables[library] ??= readExports(path);
      const exported = tables[library].get(symbol);
      if (exported === undefined) continue;
      const fitting = exported.filter((entry) => version === undefined || entry.version === version);
      const [only] = fitting.length === 1 ? fitting : exported.length === 1 ? exported : [];
      // A single export of another version is what ld.so passes over, of no version what it takes.
      if (
        only === undefined ||
        (version !== undefined && only.version !== undefined && only.version !== version)
      )
        return undefined;
      if (only.type !== STT_FUNC || only.offset === undefined) return undefined;
      return { library, address: only.address, offset: only.offset };
    }
    return undefined;
  };
}

interface Export {
  readonly type: number;
  readonly version: string | undefined;
  readonly address: VirtualAddress;
  readonly offset: FileOffset | undefined;
}

type Exports = ReadonlyMap<string, readonly Export[]>;

function readExports(path: string): Exports {
  const exports = new Map<string, Export[]>();
  try {
    withElf(path, (elf) => {
      const table = readSymbolTable(elf, 'dynamic');
      const versionOf = readVersions(elf);
      for (let i = 1; table !== undefined && i < table.count; i++) {
        if (table.sectionIndex(i) === SHN_UNDEF || table.binding(i) === STB_LOCAL) continue;
        const address = table.value(i) as VirtualAddress;
        const entry = {
          type: table.type(i),
          version: versionOf(i)?.version,
          address,
          offset: codeOffsetOf(elf, address),
        };
        const name = table.name(i);
        const others = exports.get(name);
        if (others === undefined) exports.set(name, [entry]);
        else others.push(entry);
      }
    });
  } catch (error) {
    // A library that cannot be read defines nothing that we know of.
    if (!(error instanceof UtraceError)) throw error;
  }
  return exports;
}
