/**
 * What the report's filters choose from a trace: the predicate of visible functions, and the error for a
 * pattern or tid that the trace does not have.
 */
import { basename } from 'node:path';
import type { TraceFunction, TraceModule } from '../trace/model.js';
import type { TraceReader } from '../trace/reader.js';
import { UtraceError } from '../util/errors.js';
import { compileFilter, type GlobFilter } from '../util/glob.js';
import { libraryNames } from '../util/library.js';
import { nearest } from '../util/nearest.js';
import type { FunctionId } from '../util/units.js';
import type { ReportOptions } from './options.js';

/** Undefined: every function is visible. */
export function visibility(
  trace: TraceReader,
  options: Pick<ReportOptions, 'functions' | 'libraries' | 'nestLibraries' | 'minSize' | 'filter'>,
): ((fn: FunctionId) => boolean) | undefined {
  const functions = trace.functions.filter((fn) => fn !== undefined);
  const names = (fn: TraceFunction): string[] => [fn.name, fn.symbol];
  const libraries = (fn: TraceFunction): string[] =>
    fn.library === undefined ? [] : libraryNames(fn.library);
  requireMatches('function', options.functions, functions.map(names));
  requireMatches('library', options.libraries, functions.map(libraries));
  const nested = { include: options.nestLibraries, exclude: [] };
  const homes = (fn: TraceFunction): string[] => homesOf(trace.modules[fn.module]);
  requireMatches('library with functions', nested, functions.map(homes));
  requireThread(trace, options.filter.tid);
  const { minSize } = options;
  if ([options.functions, options.libraries, nested].every(isEmpty) && minSize === 0) return undefined;
  const byName = compileFilter(options.functions);
  const byLibrary = compileFilter(options.libraries);
  const byHome = compileFilter(nested);
  return (id) => {
    const fn = trace.functions[id];
    if (fn === undefined) return true;
    if (!byName(...names(fn))) return false;
    if (fn.kind === 'plt') return byLibrary(...libraries(fn));
    if (fn.size < minSize) return false;
    const home = homes(fn);
    return home.length === 0 || byHome(...home);
  };
}

/** Names of the library whose own function it is; none: the executable's. */
function homesOf(module: TraceModule | undefined): string[] {
  return module?.kind === 'library' ? libraryNames(basename(module.path)) : [];
}

/** An include that fits nothing would give an empty report; an exclude that fits nothing has done its work. */
function requireMatches(noun: string, filter: Pick<GlobFilter, 'include'>, names: readonly string[][]): void {
  for (const pattern of filter.include) {
    const matches = compileFilter({ include: [pattern], exclude: [] });
    if (names.some((alternatives) => matches(...alternatives))) continue;
    const near = nearest(pattern, new Set(names.map((alternatives) => alternatives[0] ?? '')));
    throw new UtraceError({
      code: 'NO_MATCH',
      message: `no ${noun} in the trace matches '${pattern}'`,
      hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : undefined,
    });
  }
}

function requireThread(trace: TraceReader, tid: number | undefined): void {
  const tids = trace.threads.flatMap((thread) => (thread === undefined ? [] : [thread.tid as number]));
  if (tid === undefined || tids.includes(tid)) return;
  throw new UtraceError({
    code: 'NO_MATCH',
    message: `no thread in the trace has tid ${tid}`,
    hint: tids.length > 0 ? `it has ${[...new Set(tids)].slice(0, 10).join(', ')}` : undefined,
  });
}

function isEmpty(filter: GlobFilter): boolean {
  return filter.include.length === 0 && filter.exclude.length === 0;
}
