/**
 * What the report's filters choose from a trace: the predicate of visible functions, and the error for a
 * pattern or tid that the trace does not have.
 */
import type { TraceFunction } from '../trace/model.js';
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
  options: Pick<ReportOptions, 'functions' | 'libraries' | 'filter'>,
): ((fn: FunctionId) => boolean) | undefined {
  const functions = trace.functions.filter((fn) => fn !== undefined);
  const names = (fn: TraceFunction): string[] => [fn.name, fn.symbol];
  const libraries = (fn: TraceFunction): string[] =>
    fn.library === undefined ? [] : libraryNames(fn.library);
  requireMatches('function', options.functions, functions.map(names));
  requireMatches('library', options.libraries, functions.map(libraries));
  requireThread(trace, options.filter.tid);
  if (isEmpty(options.functions) && isEmpty(options.libraries)) return undefined;
  const byName = compileFilter(options.functions);
  const byLibrary = compileFilter(options.libraries);
  return (id) => {
    const fn = trace.functions[id];
    if (fn === undefined) return true;
    return byName(...names(fn)) && (fn.kind !== 'plt' || byLibrary(...libraries(fn)));
  };
}

function requireMatches(noun: string, filter: GlobFilter, names: readonly string[][]): void {
  for (const pattern of [...filter.include, ...filter.exclude]) {
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
