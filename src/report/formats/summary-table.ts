/**
 * The summary's rows as text: a drawn table on a terminal, aligned columns in a pipe (fields separated by
 * two spaces or more, the function last). Functions with calls whose end was not seen carry a note.
 */
import Table from 'cli-table3';
import { formatTime } from '../format-time.js';
import type { SummaryColumns } from '../options.js';

export interface SummaryRow {
  readonly name: string;
  /** ns */
  readonly total: number;
  /** ns */
  readonly self: number;
  readonly calls: number;
  /** Calls of which no return was seen: their times are upper bounds. */
  readonly unwound: number;
  /** Calls that the trace ended in. */
  readonly open: number;
  /** Durations of the shortest and the longest call, ns; only aggregation knows them. */
  readonly range?: { readonly shortest: number; readonly longest: number };
}

export function renderTable(rows: readonly SummaryRow[], columns: SummaryColumns, terminal: boolean): string {
  const self = rows.reduce((sum, row) => sum + row.self, 0);
  const chosen = [...chooseColumns(columns, self), ...rangeColumns(rows)];
  const titles = [...chosen.map((column) => column.title), 'FUNCTION'];
  const cells = rows.map((row) => [...chosen.map((column) => column.cell(row)), noted(row)]);
  return terminal ? drawn(titles, cells) : aligned(titles, cells);
}

interface Column {
  readonly title: string;
  cell(row: SummaryRow): string;
}

/** `all`: the self times of all rows, which is the time of the outermost calls; what 100 % means. */
function chooseColumns(columns: SummaryColumns, all: number): Column[] {
  const chosen: Column[] = [
    { title: 'TOTAL', cell: (row) => formatTime(row.total) },
    { title: 'SELF', cell: (row) => formatTime(row.self) },
    { title: 'CALLS', cell: (row) => String(row.calls) },
  ];
  if (columns.avgTotal) chosen.push({ title: 'AVG TOTAL', cell: (row) => formatTime(row.total / row.calls) });
  if (columns.avgSelf) chosen.push({ title: 'AVG SELF', cell: (row) => formatTime(row.self / row.calls) });
  if (columns.percentTotal) chosen.push({ title: '% TOTAL', cell: (row) => percent(row.total, all) });
  if (columns.percentSelf) chosen.push({ title: '% SELF', cell: (row) => percent(row.self, all) });
  return chosen;
}

/** Shortest and longest call, where they are known. */
function rangeColumns(rows: readonly SummaryRow[]): Column[] {
  if (!rows.some((row) => row.range !== undefined)) return [];
  const time = (ns: number | undefined): string => (ns === undefined ? '-' : formatTime(ns));
  return [
    { title: 'MIN', cell: (row) => time(row.range?.shortest) },
    { title: 'MAX', cell: (row) => time(row.range?.longest) },
  ];
}

function noted(row: SummaryRow): string {
  const notes = [];
  if (row.open > 0) notes.push(`${row.open} not returned`);
  if (row.unwound > 0) notes.push(`${row.unwound} unwound`);
  return notes.length === 0 ? row.name : `${row.name}  [${notes.join(', ')}]`;
}

function percent(part: number, all: number): string {
  return `${(all === 0 ? 0 : (100 * part) / all).toFixed(2)} %`;
}

function drawn(titles: readonly string[], cells: readonly string[][]): string {
  const table = new Table({
    head: [...titles],
    colAligns: titles.map((_, i) => (i < titles.length - 1 ? 'right' : 'left')),
    style: process.env.NO_COLOR ? { head: [], border: [] } : { head: ['bold'], border: ['grey'] },
  });
  table.push(...cells);
  return `${table.toString()}\n`;
}

function aligned(titles: readonly string[], cells: readonly string[][]): string {
  const widths = titles.map((title) => title.length);
  for (const row of cells) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i]!, cell.length);
  }
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i < row.length - 1 ? cell.padStart(widths[i]!) : cell)).join('  ');
  return `${[titles, ...cells].map(line).join('\n')}\n`;
}
