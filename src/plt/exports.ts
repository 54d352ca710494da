/**
 * Who exports a name: the libraries' dynamic symbol tables in load order, read only when an import
 * carries no version that would name its library.
 */
import { basename } from 'node:path';
import { SHN_UNDEF, STB_LOCAL } from '../symbols/elf-constants.js';
import { withElf } from '../symbols/elf-file.js';
import { readSymbolTable } from '../symbols/symbol-table.js';
import { UtraceError } from '../util/errors.js';

export interface ExportIndex {
  /** SONAME or file name of the first library that exports `symbol`. */
  definingLibrary(symbol: string): string | undefined;
}

export interface NamedLibrary {
  readonly path: string;
  readonly soname: string | undefined;
}

export function indexExports(libraries: readonly NamedLibrary[]): ExportIndex {
  const tables: { name: string; symbols: ReadonlySet<string> }[] = [];
  const read = (index: number): { name: string; symbols: ReadonlySet<string> } | undefined => {
    const library = libraries[index];
    if (library === undefined) return undefined;
    tables[index] ??= { name: library.soname ?? basename(library.path), symbols: readExports(library.path) };
    return tables[index];
  };
  return {
    definingLibrary(symbol) {
      for (let i = 0; ; i++) {
        const table = read(i);
        if (table === undefined || table.symbols.has(symbol)) return table?.name;
      }
    },
  };
}

function readExports(path: string): ReadonlySet<string> {
  try {
    return withElf(path, (elf) => {
      const symbols = new Set<string>();
      const table = readSymbolTable(elf, 'dynamic');
      for (let i = 1; table !== undefined && i < table.count; i++) {
        if (table.sectionIndex(i) === SHN_UNDEF || table.binding(i) === STB_LOCAL) continue;
        symbols.add(table.name(i));
      }
      return symbols;
    });
  } catch (error) {
    // A library that cannot be read defines nothing that we know of.
    if (error instanceof UtraceError) return new Set();
    throw error;
  }
}
