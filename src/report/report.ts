/**
 * The one entry of the reporter: a trace file in, a report on a stream. Opens the trace, checks the
 * patterns against it, and replays it once through the filters into the visitor of the format.
 */
import type { Writable } from 'node:stream';
import { filterEvents } from '../trace/filter.js';
import { openTrace, type TraceReader } from '../trace/reader.js';
import type { ThreadId } from '../util/units.js';
import { callCosts } from './call-costs.js';
import { CallStacks } from './call-stacks.js';
import { Compensation } from './compensation.js';
import { callGraphFormat } from './formats/call-graph-report.js';
import { chromeFormat } from './formats/chrome.js';
import { flameGraphFormat } from './formats/flame-graph.js';
import type { Format } from './formats/format.js';
import { summaryFormat } from './formats/summary.js';
import { headerLine } from './header-line.js';
import type { ReportFormat, ReportOptions } from './options.js';
import { ReportOutput } from './output.js';
import { replay } from './replay.js';
import { visibility } from './selection.js';

export interface ReportResult {
  /** The line on calls, threads, span, lost, probed of found. */
  readonly header: string;
  /** The header is the first line of the report; otherwise it is for stderr. */
  readonly headerPrinted: boolean;
}

/** Writes the report to `out`, which stays open. Throws UtraceError; a reader that closes early is no error. */
export async function report(options: ReportOptions, out: Writable): Promise<ReportResult> {
  const trace = openTrace(options.input);
  const output = new ReportOutput(out);
  try {
    const isVisible = visibility(trace, options);
    const format = FORMATS[options.format](trace, options, output.write);
    const costs = options.compensate ? callCosts(trace) : undefined;
    const header = headerLine(trace, costs !== undefined);
    if (format.opensWithHeader) output.write(`${header}\n`);
    format.begin?.();
    const tidOf = (thread: ThreadId) => trace.threads[thread]?.tid;
    const filtered = filterEvents(options.filter, { tidOf, isVisible }, new CallStacks(format.visitor));
    const sink = costs === undefined ? filtered : new Compensation(costs, filtered);
    for (const _ of replay(trace, format.order, sink)) {
      if (output.full) await output.drained();
      if (output.closed) break;
    }
    if (!output.closed) format.end();
    await output.finish();
    return { header, headerPrinted: format.opensWithHeader };
  } finally {
    trace.close();
  }
}

type MakeFormat = (
  trace: TraceReader,
  options: ReportOptions,
  write: (chunk: Uint8Array | string) => void,
) => Format;

const FORMATS: Record<ReportFormat, MakeFormat> = {
  summary: summaryFormat,
  'call-graph': callGraphFormat,
  'flame-graph': flameGraphFormat,
  chrome: chromeFormat,
};
