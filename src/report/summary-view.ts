/**
 * The summary of a running program, without a trace file. Sums come from the recorder; on a terminal a table is
 * drawn over the last one, elsewhere each is a block that begins with its time. The last one is complete.
 */
import type { Writable } from 'node:stream';
import type { CallTotals } from '../trace/call-totals.js';
import type { ProbeState, TraceFunction } from '../trace/model.js';
import type { FunctionId, Ns } from '../util/units.js';
import { byTotal } from './formats/summary.js';
import type { SummaryRow } from './formats/summary-table.js';
import { renderTable } from './formats/summary-table.js';
import { type Coverage, formatHeader, plural } from './header-line.js';
import { renderHistogram } from './histogram.js';
import { functionLabel } from './names.js';
import type { SummaryColumns } from './options.js';
import { ReportOutput } from './output.js';

export interface SummaryViewOptions {
  readonly columns: SummaryColumns;
  readonly libname: boolean;
  /** The durations of each function's calls below the last table. */
  readonly histogram: boolean;
  /** Tables are shown while the program runs. */
  readonly repeated: boolean;
  /** Size of the terminal, asked at each table; undefined: the output is none. */
  readonly size: () => TerminalSize | undefined;
}

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

export interface SummarySnapshot {
  readonly totals: CallTotals;
  readonly threads: number;
  readonly span: Ns;
  readonly orphans: number;
  readonly tooDeep: number;
  readonly withoutStack: number;
  readonly withoutCaller: number;
}

/** Fits the recorder's `SummarySink`. */
export class SummaryView {
  private readonly output: ReportOutput;
  private functions: readonly TraceFunction[] = [];
  private coverage: Coverage = { found: 0, probed: 0, failed: 0 };

  constructor(
    private readonly options: SummaryViewOptions,
    out: Writable,
  ) {
    this.output = new ReportOutput(out);
  }

  begin(plan: { readonly functions: readonly TraceFunction[] }, states: readonly ProbeState[]): void {
    const count = (status: ProbeState['status']): number =>
      states.reduce((sum, state) => sum + (state.status === status ? 1 : 0), 0);
    this.functions = plan.functions;
    this.coverage = { found: states.length, probed: count('probed'), failed: count('failed') };
  }

  /** The table so far. A reader that is behind misses it: there will be another. */
  show(snapshot: SummarySnapshot): void {
    if (this.output.full) return;
    const size = this.options.size();
    const rows = this.rows(snapshot.totals);
    this.output.write(
      size === undefined
        ? `${this.timeLine()}${this.header(snapshot)}\n${this.table(rows, false)}\n`
        : this.redraw(snapshot, rows, size),
    );
  }

  /** The last table, and what was asked for below it. */
  end(snapshot: SummarySnapshot): void {
    const { repeated, histogram } = this.options;
    const terminal = this.options.size() !== undefined;
    const start = terminal ? (repeated ? CLEAR : '') : repeated ? this.timeLine() : '';
    const rows = this.rows(snapshot.totals);
    this.output.write(`${start}${this.header(snapshot)}\n${this.table(rows, terminal)}`);
    if (!histogram) return;
    for (const { id, name } of rows) {
      const text = renderHistogram(name, snapshot.totals.histogram(id));
      if (text !== '') this.output.write(`\n${text}`);
    }
  }

  private header(snapshot: SummarySnapshot): string {
    const { totals, threads, span, orphans, tooDeep, withoutStack, withoutCaller } = snapshot;
    const calls = totals.calls.reduce((sum, count) => sum + count, 0);
    const more: string[] = [];
    if (tooDeep > 0) more.push(`${plural(tooDeep, 'call')} too deep to be timed`);
    if (withoutStack > 0) more.push(`${plural(withoutStack, 'call')} of too many threads to be timed`);
    if (orphans > 0) more.push(`${plural(orphans, 'return')} without a call`);
    return formatHeader({ calls, threads, span, lost: withoutCaller, coverage: this.coverage }, more);
  }

  private rows(totals: CallTotals): IdentifiedRow[] {
    const rows: IdentifiedRow[] = [];
    for (const [index, calls] of totals.calls.entries()) {
      if (calls === 0) continue;
      const id = index as FunctionId;
      const shortest = totals.shortest[index]!;
      rows.push({
        id,
        name: functionLabel(this.functions[index], this.options.libname),
        calls,
        total: totals.total[index]!,
        self: totals.self[index]!,
        unwound: totals.unwound[index]!,
        open: totals.open[index]!,
        ...(shortest < Number.POSITIVE_INFINITY && { range: { shortest, longest: totals.longest[index]! } }),
      });
    }
    return rows.sort(byTotal);
  }

  private table(rows: readonly SummaryRow[], terminal: boolean): string {
    return renderTable(rows, this.options.columns, terminal);
  }

  /** One screen at most, so that its first line stays where it is. */
  private redraw(snapshot: SummarySnapshot, rows: readonly SummaryRow[], size: TerminalSize): string {
    const lines = [this.header(snapshot), ...this.table(rows, false).trimEnd().split('\n')];
    const fitting = lines.slice(0, Math.max(1, size.rows - 1)).map((line) => line.slice(0, size.columns));
    return `${CLEAR}${fitting.join('\n')}\n`;
  }

  private timeLine(): string {
    return `# ${new Date().toISOString()}\n`;
  }
}

interface IdentifiedRow extends SummaryRow {
  readonly id: FunctionId;
}

/** Home, and nothing below (ECMA-48 CUP, ED). */
const CLEAR = '\x1b[H\x1b[2J';
