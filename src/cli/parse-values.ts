/** Option values from text: times, whole numbers, lists of globs. Each error names the option, the value and a good one. */
import { UtraceError } from '../util/errors.js';
import type { Ns } from '../util/units.js';
import { splitGlobs } from './split-globs.js';

const NS_PER_UNIT: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
};

/** `500ns`, `10us`, `1.5ms`, `2s`, `1m`; a bare number is nanoseconds. */
export function parseTime(option: string, text: string): Ns {
  const match = /^(\d+(?:\.\d+)?|\.\d+)\s*([a-zµμ]*)$/.exec(text);
  const unit = match?.[2] === '' ? 1 : NS_PER_UNIT[match?.[2] ?? ''];
  if (match === null || unit === undefined) {
    throw badValue(option, text, 'a time with unit ns, us, ms, s or m', `${option}=1.5ms`);
  }
  return Math.round(Number(match[1]) * unit) as Ns;
}

const SHORTEST_INTERVAL = 50e6;
const LONGEST_INTERVAL = 24 * 3600e9;

export function parseInterval(option: string, text: string): Ns {
  const interval = parseTime(option, text);
  if (interval >= SHORTEST_INTERVAL && interval <= LONGEST_INTERVAL) return interval;
  throw badValue(option, text, 'a time from 50 ms to a day', `${option}=1s`);
}

/** A whole number from `least` up. */
export function parseWhole(option: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw badValue(option, text, `a whole number from ${least} up`, `${option}=${Math.max(least, 10)}`);
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, K: 1 << 10, M: 1 << 20, G: 1 << 30 };
const SMALLEST_RING = 64 << 10;
const LARGEST_RING = 1 << 30;

/** `65536`, `1M`, `64MiB`: a power of two. */
export function parseRingSize(option: string, text: string): number {
  const match = /^(\d+)([KMG]?)(i?B)?$/i.exec(text);
  const unit = SIZE_UNITS[match?.[2]?.toUpperCase() ?? ''] ?? 1;
  const bytes = match === null ? Number.NaN : Number(match[1]) * unit;
  const inRange = bytes >= SMALLEST_RING && bytes <= LARGEST_RING;
  if (inRange && Number.isInteger(Math.log2(bytes))) return bytes;
  throw badValue(option, text, 'a power of two from 64K to 1G', `${option}=16M`);
}

/** Splits comma lists, but not inside `<>`, `()` or `[]`: C++ names have commas of their own. */
export function parseGlobs(option: string, texts: readonly string[]): string[] {
  const globs = texts.flatMap(splitGlobs);
  if (globs.some((glob) => glob === '')) {
    throw badValue(option, texts.join(','), 'one or more patterns', `${option}='parse_*'`);
  }
  return globs;
}

export function badValue(option: string, text: string, wanted: string, example: string): UtraceError {
  return new UtraceError({
    code: 'BAD_VALUE',
    message: `${option} takes ${wanted}, not '${text}'`,
    hint: `for example: ${example}`,
  });
}
