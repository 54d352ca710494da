/** The call graph (call-graph.ts) of a trace file, threads merged by time. */
import type { TraceReader } from '../../trace/reader.js';
import { functionLabel } from '../names.js';
import type { ReportOptions } from '../options.js';
import { CallGraph } from './call-graph.js';
import type { Format } from './format.js';

export function callGraphFormat(
  trace: TraceReader,
  options: ReportOptions,
  write: (chunk: Uint8Array) => void,
): Format {
  const names = {
    label: (fn: number) => functionLabel(trace.functions[fn], options.libname),
    tidOf: (thread: number) => trace.threads[thread]?.tid,
  };
  const visitor = new CallGraph(options, names, write);
  return {
    order: 'by time',
    visitor,
    opensWithHeader: true,
    begin: () => visitor.begin(),
    end: () => visitor.flush(),
  };
}
