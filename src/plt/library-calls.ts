/**
 * The library calls a file makes through its PLT: the stub, the import's name and version, and the library
 * that defines it. The library is the one the symbol's version names (`.gnu.version_r`), else the first in load
 * order that exports the name; with LD_PRELOAD another library may answer at run time.
 */
import type { ElfFile } from '../symbols/elf-file.js';
import { readFunctions } from '../symbols/functions.js';
import { readSymbolTable } from '../symbols/symbol-table.js';
import { readVersions } from '../symbols/versions.js';
import type { FileOffset, VirtualAddress } from '../util/units.js';
import type { ExportIndex } from './exports.js';
import { readSlots } from './relocations.js';
import { findStubs, type Stub } from './stubs.js';

export interface LibraryCall {
  readonly symbol: string;
  /** In the dynamic symbol table; undefined for the file's own IFUNCs. */
  readonly symbolIndex: number | undefined;
  /** For example `GLIBC_2.34`; undefined where the import has none. */
  readonly version: string | undefined;
  /** File name of the defining library (`libc.so.6`); undefined where none defines it (weak imports, IFUNCs of a static program). */
  readonly library: string | undefined;
  /** Of the stub; of the slot where there is none. */
  readonly address: VirtualAddress;
  /** Of the stub. */
  readonly offset: FileOffset | undefined;
  readonly size: number;
}

/** In ascending order of address. */
export function readLibraryCalls(elf: ElfFile, exports: ExportIndex): LibraryCall[] {
  const stubs = findStubs(elf, readSlots(elf));
  if (stubs.length === 0) return [];
  const importNames = readSymbolTable(elf, 'dynamic');
  const versionOf = readVersions(elf);
  let resolvers: ReadonlyMap<number, string> | undefined;

  return stubs.flatMap((stub): LibraryCall[] => {
    if (stub.target.kind === 'ifunc') {
      resolvers ??= resolverNames(elf);
      const resolver = stub.target.resolver;
      const symbol = resolvers.get(resolver) ?? `ifunc@0x${resolver.toString(16)}`;
      return [libraryCall(stub, symbol, undefined, undefined, undefined)];
    }
    const index = stub.target.symbolIndex;
    if (importNames === undefined || index >= importNames.count) return [];
    const symbol = importNames.name(index);
    if (symbol === '') return [];
    const version = versionOf(index);
    const library = version?.library ?? exports.definingLibrary(symbol);
    return [libraryCall(stub, symbol, index, version?.version, library)];
  });
}

function libraryCall(
  stub: Stub,
  symbol: string,
  symbolIndex: number | undefined,
  version: string | undefined,
  library: string | undefined,
): LibraryCall {
  return {
    symbol,
    symbolIndex,
    version,
    library,
    address: stub.address,
    offset: stub.offset,
    size: stub.size,
  };
}

/** In a program's own IFUNCs the slot knows only the resolver's address. */
function resolverNames(elf: ElfFile): Map<number, string> {
  return new Map(readFunctions(elf).functions.map((fn) => [fn.address, fn.symbol]));
}
