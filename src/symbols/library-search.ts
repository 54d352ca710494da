/**
 * The libraries a program will load, found as ld.so finds them, without running anything: ld.so(8), and
 * glibc elf/dl-load.c (`_dl_map_object`). Breadth first from LD_PRELOAD and DT_NEEDED, which is also the order in
 * which symbols are looked up. Left out: /etc/ld.so.preload, LD_AUDIT, glibc-hwcaps subdirectories, and what
 * the program loads later with dlopen.
 */
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { readDynamic } from './dynamic.js';
import { withElf } from './elf-file.js';
import { candidatePaths, type Requester, type SearchContext, searchContext } from './library-paths.js';

export interface FoundLibraries {
  /** Paths in load order, the executable not among them; the dynamic linker is. */
  readonly libraries: readonly string[];
  /** Names that are in no place ld.so looks into: the program will not start. */
  readonly missing: readonly string[];
}

/** `environment` is the target's: LD_LIBRARY_PATH and LD_PRELOAD count. Throws what `openElf` throws, for the executable alone. */
export function findLibraries(
  executable: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): FoundLibraries {
  const main = readRequester(executable, undefined);
  if (main.interpreter === undefined) return { libraries: [], missing: [] };
  const context = searchContext(main.interpreter, environment);
  const seen = new Map<string, string>([[identity(executable) ?? executable, executable]]);
  const names = new Set<string>();
  const missing: string[] = [];
  const queue: { name: string; by: Requester }[] = [
    ...context.preload.map((name) => ({ name, by: main })),
    ...main.needed.map((name) => ({ name, by: main })),
    { name: main.interpreter, by: main },
  ];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { name, by } = next;
    if (names.has(name)) continue;
    names.add(name);
    const library = locate(name, by, context);
    if (library === undefined) {
      missing.push(name);
      continue;
    }
    const key = identity(library.path) ?? library.path;
    if (seen.has(key)) continue;
    seen.set(key, library.path);
    if (library.soname !== undefined) names.add(library.soname);
    names.add(basename(library.path));
    queue.push(...library.needed.map((needed) => ({ name: needed, by: library })));
  }
  const [, ...libraries] = seen.values();
  return { libraries, missing };
}

function locate(name: string, by: Requester, context: SearchContext): Requester | undefined {
  for (const path of candidatePaths(name, by, context)) {
    if (identity(path) === undefined) continue;
    try {
      return readRequester(path, by);
    } catch {
      // Of another architecture, or no ELF file at all: ld.so goes on looking as well.
    }
  }
  return undefined;
}

function readRequester(path: string, parent: Requester | undefined): Requester {
  return withElf(path, (elf) => ({ ...readDynamic(elf), path, parent }));
}

/** Device and inode: one file under two names is loaded once. */
function identity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat?.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
}
