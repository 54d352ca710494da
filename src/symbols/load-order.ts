/**
 * Libraries of a living process in the order in which ld.so looks symbols up: breadth first through DT_NEEDED.
 * The maps alone tell the files, not the order. What nothing needs (dlopen, LD_PRELOAD) comes last.
 */
import { basename } from 'node:path';
import { UtraceError } from '../util/errors.js';
import { readDynamic } from './dynamic.js';
import { withElf } from './elf-file.js';

/** The same paths, sorted. Throws what `openElf` throws, for the executable alone. */
export function sortByLoadOrder(executable: string, libraries: readonly string[]): string[] {
  const loaded = new Map<string, Loaded>();
  for (const path of libraries) {
    const library = readLoaded(path);
    loaded.set(basename(path), library);
    if (library.soname !== undefined) loaded.set(library.soname, library);
  }
  const sorted = new Set<string>();
  const queue = [...withElf(executable, readDynamic).needed];
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const library = loaded.get(basename(name));
    if (library === undefined || sorted.has(library.path)) continue;
    sorted.add(library.path);
    queue.push(...library.needed);
  }
  return [...sorted, ...libraries.filter((path) => !sorted.has(path))];
}

interface Loaded {
  readonly path: string;
  readonly soname: string | undefined;
  readonly needed: readonly string[];
}

/** A mapped file that is no library (a font, a locale) needs nothing. */
function readLoaded(path: string): Loaded {
  try {
    return { path, ...withElf(path, readDynamic) };
  } catch (error) {
    if (error instanceof UtraceError) return { path, soname: undefined, needed: [] };
    throw error;
  }
}
