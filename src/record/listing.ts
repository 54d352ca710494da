/**
 * The text of `--list`: one row a function, in the order of modules and addresses, with its probe or the reason
 * for none; then the modules with their paths. Rows stand for themselves, so that grep keeps their sense.
 * Offsets are file offsets of the probes (in the library for a library call that has no probe on its stub); a size that the symbol does not state is shown as `-`.
 */
import { basename } from 'node:path';
import type { TraceFunction, TraceModule } from '../trace/model.js';
import type { ProbePlan, ProbeSite } from './plan.js';

/** Hands the text over in chunks of many lines. */
export function formatListing(plan: ProbePlan, write: (chunk: string) => void): void {
  const groups = byModule(plan);
  write(`${headline(plan, groups.length)}\n`);
  if (groups.length === 0) return;
  const widths = columnWidths(plan);
  write(`\n${formatRow(widths, HEADINGS)}`);
  for (const group of groups) writeRows(plan, group.functions, widths, write);
  write(`\n${groups.map((group) => moduleLine(plan, group)).join('')}`);
}

/** A module and its functions by address. */
interface Group {
  readonly module: TraceModule;
  readonly functions: readonly TraceFunction[];
}

/** Modules without functions (libraries that are not nested) are left out. */
function byModule(plan: ProbePlan): Group[] {
  const functions = plan.modules.map((): TraceFunction[] => []);
  for (const entry of plan.functions) functions[entry.module]!.push(entry);
  return plan.modules
    .map((module, index) => ({
      module,
      functions: functions[index]!.sort((a, b) => a.address - b.address || a.id - b.id),
    }))
    .filter((group) => group.functions.length > 0);
}

/** `19 of 26 functions would be probed (7 skipped) in 1 module`. */
function headline(plan: ProbePlan, modules: number): string {
  const found = plan.functions.length;
  const probed = countProbed(plan, plan.functions);
  return (
    `${probed} of ${plural(found, 'function')} would be probed (${found - probed} skipped) ` +
    `in ${plural(modules, 'module')}`
  );
}

function moduleLine(plan: ProbePlan, { module, functions }: Group): string {
  const stripped = module.stripped ? ', stripped' : '';
  const probed = countProbed(plan, functions);
  return `${basename(module.path)}: ${module.path} (${module.kind}${stripped}), ${probed} of ${functions.length}\n`;
}

function countProbed(plan: ProbePlan, functions: readonly TraceFunction[]): number {
  let probed = 0;
  for (const { id } of functions) if (plan.sites[id]!.status === 'probe') probed++;
  return probed;
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

type Row = readonly [
  module: string,
  kind: string,
  offset: string,
  size: string,
  probe: string,
  instruction: string,
  placement: string,
  name: string,
];

const HEADINGS: Row = ['module', 'kind', 'offset', 'size', 'probe', 'instruction', 'placement', 'name'];
const OFFSET_COLUMN = 2;
const SIZE_COLUMN = 3;
const LINES_PER_CHUNK = 1000;

function writeRows(
  plan: ProbePlan,
  functions: readonly TraceFunction[],
  widths: Widths,
  write: (chunk: string) => void,
): void {
  for (let from = 0; from < functions.length; from += LINES_PER_CHUNK) {
    let chunk = '';
    for (const entry of functions.slice(from, from + LINES_PER_CHUNK)) {
      chunk += formatRow(widths, rowOf(plan, entry));
    }
    write(chunk);
  }
}

/** Of all columns but the last. */
type Widths = readonly number[];

function columnWidths(plan: ProbePlan): Widths {
  const widths = HEADINGS.slice(0, -1).map((heading) => heading.length);
  for (const entry of plan.functions) {
    const row = rowOf(plan, entry);
    for (let i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i]!, row[i]!.length);
  }
  return widths;
}

function rowOf(plan: ProbePlan, entry: TraceFunction): Row {
  const site = plan.sites[entry.id]!;
  const name = entry.library === undefined ? entry.name : `${entry.name}@${entry.library}`;
  return [
    basename(plan.modules[entry.module]!.path),
    kindOf(entry),
    offsetOf(site),
    entry.size === 0 ? '-' : String(entry.size),
    probeOf(site),
    site.status === 'probe' ? site.instruction : '-',
    site.status === 'probe' ? placementOf(site) : '-',
    name.replace(CONTROL, ' '),
  ];
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a name with a newline must not break a row.
const CONTROL = /[\u0000-\u001f\u007f]+/g;

function formatRow(widths: Widths, row: Row): string {
  let line = '';
  for (const [i, width] of widths.entries()) {
    const cell = row[i]!;
    line += `${i === OFFSET_COLUMN || i === SIZE_COLUMN ? cell.padStart(width) : cell.padEnd(width)}  `;
  }
  return `${line}${row.at(-1)}\n`;
}

function kindOf(entry: TraceFunction): string {
  switch (entry.kind) {
    case 'function':
      return 'function';
    case 'plt':
      return 'library call';
    default:
      return entry.kind satisfies never;
  }
}

function offsetOf(site: ProbeSite): string {
  return site.status === 'probe' ? `0x${site.offset.toString(16)}` : '-';
}

/** The distance tells where it was moved. */
function placementOf({ offset, entry, reason }: Extract<ProbeSite, { status: 'probe' }>): string {
  return offset === entry ? reason : `+${offset - entry}: ${reason}`;
}

function probeOf(site: ProbeSite): string {
  if (site.status === 'skip') return `skipped: ${site.reason}`;
  return site.returns ? 'call and return' : 'call';
}
