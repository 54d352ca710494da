/**
 * The text of `--list`: every function found, where it would be probed, or why not. Sorted by module, then
 * address. Made in chunks, because a large program has hundreds of thousands of lines.
 */
import { basename } from 'node:path';
import type { TraceFunction } from '../trace/model.js';
import type { ProbePlan, ProbeSite } from './plan.js';

/** Yields text of some 64 KiB at a time, whole lines. */
export function* listPlan(plan: ProbePlan): Generator<string> {
  yield `${headLine(plan.sites)}\n`;
  const columns = columnsOf(plan);
  yield `${titles(columns)}\n`;
  let chunk = '';
  for (const index of sortedByAddress(plan.functions)) {
    chunk += line(plan.functions[index]!, plan.sites[index]!, columns);
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

const CHUNK = 64 << 10;

/** `7 of 12 functions would be probed; skipped: 3 start-up helper, 2 IFUNC resolver`. */
function headLine(sites: readonly ProbeSite[]): string {
  const reasons = new Map<string, number>();
  for (const site of sites) {
    if (site.status === 'skip') reasons.set(site.reason, (reasons.get(site.reason) ?? 0) + 1);
  }
  const skipped = [...reasons.values()].reduce((sum, count) => sum + count, 0);
  const sorted = [...reasons].sort((a, b) => b[1] - a[1]).map(([reason, count]) => `${count} ${reason}`);
  const why = skipped === 0 ? '' : `; skipped: ${sorted.join(', ')}`;
  return `${sites.length - skipped} of ${sites.length} functions would be probed${why}`;
}

interface Columns {
  /** By module id. */
  readonly modules: readonly string[];
  readonly module: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly probe: number;
}

function columnsOf({ modules, functions, sites }: ProbePlan): Columns {
  const names = modules.map((module) => basename(module.path));
  // The file name alone, unless two modules share it.
  const shown = names.map((name, id) =>
    names.indexOf(name) === names.lastIndexOf(name) ? name : modules[id]!.path,
  );
  const used = new Set(functions.map((fn) => fn.module));
  const digits = (numbers: Iterable<number>, radix: number): number =>
    largest(numbers).toString(radix).length;
  return {
    modules: shown,
    module: Math.max('MODULE'.length, ...[...used].map((id) => shown[id]!.length)),
    address: Math.max(
      'ADDRESS'.length,
      2 +
        digits(
          map(functions, (fn) => fn.address),
          16,
        ),
    ),
    offset: Math.max(
      'OFFSET'.length,
      2 +
        digits(
          map(sites, (site) => (site.status === 'probe' ? site.offset : 0)),
          16,
        ),
    ),
    size: Math.max(
      'SIZE'.length,
      digits(
        map(functions, (fn) => fn.size),
        10,
      ),
    ),
    probe: largest(map(sites, (site) => probeText(site).length)),
  };
}

function titles(columns: Columns): string {
  return [
    'MODULE'.padEnd(columns.module),
    'KIND'.padEnd(KIND_WIDTH),
    'ADDRESS'.padStart(columns.address),
    'OFFSET'.padStart(columns.offset),
    'SIZE'.padStart(columns.size),
    'PROBE'.padEnd(columns.probe),
    'NAME',
  ].join(GAP);
}

const GAP = '  ';
const KIND_WIDTH = 'function'.length;

function line(fn: TraceFunction, site: ProbeSite, columns: Columns): string {
  const name = fn.library === undefined ? fn.name : `${fn.name}@${fn.library}`;
  const offset = site.status === 'probe' ? `0x${site.offset.toString(16)}` : '-';
  return (
    columns.modules[fn.module]!.padEnd(columns.module) +
    GAP +
    fn.kind.padEnd(KIND_WIDTH) +
    GAP +
    `0x${fn.address.toString(16)}`.padStart(columns.address) +
    GAP +
    offset.padStart(columns.offset) +
    GAP +
    String(fn.size).padStart(columns.size) +
    GAP +
    probeText(site).padEnd(columns.probe) +
    GAP +
    name.replace(CONTROL, ' ') +
    '\n'
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a name with a newline must not break a line.
const CONTROL = /[\u0000-\u001f\u007f]+/g;

function probeText(site: ProbeSite): string {
  if (site.status === 'skip') return `skipped: ${site.reason}`;
  return site.returns ? 'call and return' : 'call';
}

/** Indices of the functions. */
function sortedByAddress(functions: readonly TraceFunction[]): Uint32Array {
  return Uint32Array.from(functions.keys()).sort((a, b) => {
    const [x, y] = [functions[a]!, functions[b]!];
    return x.module - y.module || x.address - y.address || a - b;
  });
}

function* map<T>(items: readonly T[], pick: (item: T) => number): Generator<number> {
  for (const item of items) yield pick(item);
}

/** 0 for nothing; spreading into Math.max would overflow the stack. */
function largest(numbers: Iterable<number>): number {
  let most = 0;
  for (const number of numbers) if (number > most) most = number;
  return most;
}
