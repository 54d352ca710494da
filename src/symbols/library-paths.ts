/**
 * In which places ld.so looks for one library, in its order (ld.so(8)): RPATH of the requesting file and of
 * those that loaded it, unless the requesting file has a RUNPATH; LD_LIBRARY_PATH; RUNPATH; the cache; the
 * default directories. musl's order is the same with fewer places.
 */
import { basename, dirname, resolve } from 'node:path';
import type { DynamicInfo } from './dynamic.js';
import { readLdCache } from './ld-cache.js';

/** A loaded file that asks for libraries. */
export interface Requester extends DynamicInfo {
  readonly path: string;
  /** Which file asked for this one; undefined for the executable. */
  readonly parent: Requester | undefined;
}

export interface SearchContext {
  /** The dynamic linker: loaded already when a library asks for it by name. */
  readonly interpreter: string;
  readonly libraryPath: readonly string[];
  readonly preload: readonly string[];
  readonly cache: ReadonlyMap<string, string>;
  readonly defaults: readonly string[];
}

export function searchContext(
  interpreter: string,
  environment: Readonly<Record<string, string | undefined>>,
): SearchContext {
  const musl = interpreter.includes('ld-musl');
  return {
    interpreter,
    // An empty entry is the working directory.
    libraryPath: environment.LD_LIBRARY_PATH ? environment.LD_LIBRARY_PATH.split(/[:;]/) : [],
    preload: (environment.LD_PRELOAD ?? '').split(/[ :]/).filter((name) => name !== ''),
    cache: musl ? new Map() : readLdCache(),
    defaults: musl ? MUSL_DIRECTORIES : DEFAULT_DIRECTORIES,
  };
}

/** Every path to try for `name`, best first. A name with a slash is a path. */
export function* candidatePaths(name: string, by: Requester, context: SearchContext): Generator<string> {
  if (name.includes('/')) {
    yield resolve(expand(name, by));
    return;
  }
  if (name === basename(context.interpreter)) yield context.interpreter;
  if (by.runpath.length === 0) {
    const loaded = new Set<Requester>();
    for (let file: Requester | undefined = by; file !== undefined && !loaded.has(file); file = file.parent) {
      loaded.add(file);
      for (const directory of file.rpath) yield resolve(expand(directory, file), name);
    }
  }
  for (const directory of context.libraryPath) yield resolve(expand(directory, by), name);
  for (const directory of by.runpath) yield resolve(expand(directory, by), name);
  const cached = context.cache.get(name);
  if (cached !== undefined) yield cached;
  for (const directory of context.defaults) yield resolve(directory, name);
}

const DEFAULT_DIRECTORIES: readonly string[] = [
  '/lib/x86_64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu',
  '/lib64',
  '/usr/lib64',
  '/lib',
  '/usr/lib',
];
const MUSL_DIRECTORIES: readonly string[] = ['/lib', '/usr/local/lib', '/usr/lib'];

/** Dynamic string tokens (ld.so(8)): ORIGIN is the directory of the file that has the entry. */
function expand(text: string, by: Requester): string {
  if (!text.includes('$')) return text;
  return text
    .replace(/\$(ORIGIN\b|\{ORIGIN\})/g, () => dirname(resolve(by.path)))
    .replace(/\$(LIB\b|\{LIB\})/g, 'lib/x86_64-linux-gnu')
    .replace(/\$(PLATFORM\b|\{PLATFORM\})/g, 'x86_64');
}
