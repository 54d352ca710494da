/** Option values from text: times, whole numbers, lists of globs. Each error names the option, the value and a good one. */
import { UtraceError } from '../util/errors.js';
import type { Ns } from '../util/units.js';

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

/** A whole number from `least` up. */
export function parseWhole(option: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw badValue(option, text, `a whole number from ${least} up`, `${option}=${Math.max(least, 10)}`);
}

/** Splits comma lists, but not inside `<>`, `()` or `[]`: C++ names have commas of their own. */
export function parseGlobs(option: string, texts: readonly string[]): string[] {
  const globs = texts.flatMap(splitAtCommas);
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

function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if ('<([{'.includes(char)) depth++;
    else if ('>)]}'.includes(char)) depth = Math.max(0, depth - 1);
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
