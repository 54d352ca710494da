/**
 * Totals by function: time with and without callees, calls. A recursive call is part of its outermost
 * one, so that a function's total never exceeds the time of its threads. Needs the replay thread by
 * thread: one array of open calls by function serves all of them.
 */
import { Leave } from '../../trace/model.js';
import type { TraceReader } from '../../trace/reader.js';
import type { FunctionId, Ns, ThreadId } from '../../util/units.js';
import type { CallVisitor } from '../call-stacks.js';
import { functionLabel } from '../names.js';
import type { ReportOptions } from '../options.js';
import type { Format } from './format.js';
import { renderTable, type SummaryRow } from './summary-table.js';

export function summaryFormat(
  trace: TraceReader,
  options: ReportOptions,
  write: (chunk: string) => void,
): Format {
  const visitor = new FunctionTotals(trace.functions.length);
  return {
    order: 'by thread',
    visitor,
    opensWithHeader: true,
    end() {
      const rows = visitor.rows((fn) => functionLabel(trace.functions[fn], options.libname));
      write(renderTable(rows, options.columns, options.terminal));
    },
  };
}

/** Largest total first. */
export function byTotal(a: SummaryRow, b: SummaryRow): number {
  return b.total - a.total || b.self - a.self || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

export class FunctionTotals implements CallVisitor {
  private readonly total: Float64Array;
  private readonly self: Float64Array;
  private readonly calls: Float64Array;
  private readonly unwound: Float64Array;
  private readonly open: Float64Array;
  /** Open calls of the function in the current thread. */
  private readonly nested: Uint32Array;

  constructor(functions: number) {
    this.total = new Float64Array(functions);
    this.self = new Float64Array(functions);
    this.calls = new Float64Array(functions);
    this.unwound = new Float64Array(functions);
    this.open = new Float64Array(functions);
    this.nested = new Uint32Array(functions);
  }

  enter(_thread: ThreadId, _time: Ns, fn: FunctionId): void {
    this.nested[fn]!++;
    this.calls[fn]!++;
  }

  leave(_thread: ThreadId, time: Ns, fn: FunctionId, _depth: number, start: Ns, self: Ns, how: Leave): void {
    if (--this.nested[fn]! === 0) this.total[fn]! += time - start;
    this.self[fn]! += self;
    if (how === Leave.Unwound) this.unwound[fn]!++;
    else if (how === Leave.Open) this.open[fn]!++;
  }

  /** One row a function that was called, largest total first. */
  rows(label: (fn: FunctionId) => string): SummaryRow[] {
    const rows: SummaryRow[] = [];
    for (const [fn, calls] of this.calls.entries()) {
      if (calls === 0) continue;
      rows.push({
        name: label(fn as FunctionId),
        total: this.total[fn]!,
        self: this.self[fn]!,
        calls,
        unwound: this.unwound[fn]!,
        open: this.open[fn]!,
      });
    }
    return rows.sort(byTotal);
  }
}
