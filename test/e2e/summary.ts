/** Reads the plain-text summary back, by its column heads alone. */
import { report } from './run.js';

export interface SummaryRow {
  readonly name: string;
  readonly calls: number;
  /** ns */
  readonly total: number;
  /** ns */
  readonly self: number;
}

export interface Summary {
  /** The line every report opens with. */
  readonly head: string;
  readonly rows: readonly SummaryRow[];
  readonly byName: ReadonlyMap<string, SummaryRow>;
}

export async function summaryOf(trace: string, ...options: string[]): Promise<Summary> {
  return parseSummary(await report(trace, 'summary', ...options));
}

/** `name -> calls`, names without the marks that tell a library call. */
export async function callsIn(trace: string, ...options: string[]): Promise<Map<string, number>> {
  const summary = await summaryOf(trace, ...options);
  return new Map(summary.rows.map((row) => [row.name, row.calls]));
}

export function parseSummary(text: string): Summary {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const headLine = lines.findIndex((line) => /^ *TOTAL .*FUNCTION$/.test(line));
  if (headLine < 0) throw new Error(`no column heads in:\n${text}`);
  const heads = columns(lines[headLine] ?? '').map((head) => head.toLowerCase());
  const rows = lines.slice(headLine + 1).flatMap((line) => {
    const cells = columns(line);
    const cell = (head: string): string => cells[heads.indexOf(head)] ?? '';
    if (!/^[\d.]/.test(cell('total'))) return [];
    // `name  [2 unwound]`: the note is no part of the name.
    const name = cell('function');
    return [
      {
        name,
        calls: Number(cell('calls').replaceAll(/[,_ ]/g, '')),
        total: duration(cell('total')),
        self: duration(cell('self')),
      },
    ];
  });
  return { head: lines[0] ?? '', rows, byName: new Map(rows.map((row) => [row.name, row])) };
}

/** `1.5 ms` in ns. */
export function duration(text: string): number {
  const [, number, unit] = /^([\d.]+)\s*(ns|us|µs|ms|s|m|min|h)$/.exec(text) ?? [];
  const scale = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, min: 60e9, h: 3600e9 }[unit ?? ''];
  if (number === undefined || scale === undefined) throw new Error(`not a duration: ${text}`);
  return Number(number) * scale;
}

/** Columns stand at least two blanks apart. */
function columns(line: string): string[] {
  return line.trim().split(/\s{2,}/);
}
