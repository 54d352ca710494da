/** What a report needs to know, normalised once by the CLI and frozen. */
import type { CallFilter } from '../trace/model.js';
import type { GlobFilter } from '../util/glob.js';
import type { Ns } from '../util/units.js';

export const REPORT_FORMATS = ['summary', 'call-graph', 'flame-graph', 'chrome'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export interface ReportOptions {
  /** The trace file. */
  readonly input: string;
  readonly format: ReportFormat;
  readonly filter: CallFilter;
  /** Over names and symbols; a hidden function's callees move up to its caller. */
  readonly functions: GlobFilter;
  /** Over the library an import comes from (`libc.so.6`; `libc` and `libc.so` match too); hides library calls only. */
  readonly libraries: GlobFilter;
  /** Over the library a nested function belongs to; empty: whatever was recorded. */
  readonly nestLibraries: readonly string[];
  /** Functions of fewer bytes are hidden; library calls are not concerned. */
  readonly minSize: number;
  /** Takes the measured cost of the probes out of the times. */
  readonly compensate: boolean;
  /** Additional columns of the summary. */
  readonly columns: SummaryColumns;
  /** call-graph: arrows and depths in place of indentation. */
  readonly flat: boolean;
  /** call-graph: a column with the thread's tid. */
  readonly tid: boolean;
  /** call-graph: a column with the time since the start of the trace. */
  readonly timestamp: boolean;
  /** Library calls are shown as `malloc@libc.so.6`, in every format. */
  readonly libname: boolean;
  /** flame-graph: the time that one sample stands for. */
  readonly sampleTime: Ns;
  /** The output is a terminal: tables may be drawn. */
  readonly terminal: boolean;
}

export interface SummaryColumns {
  readonly avgSelf: boolean;
  readonly avgTotal: boolean;
  readonly percentSelf: boolean;
  readonly percentTotal: boolean;
}
