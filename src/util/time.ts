/**
 * Times as people type them: a decimal number and a unit (`500ns`, `10us`, `1.5ms`, `2s`). A number
 * without a unit is in nanoseconds. Fractions of a nanosecond are rounded.
 */
import { UtraceError } from './errors.js';
import type { Ns } from './units.js';

/** `option` is named in the error. Throws BAD_TIME. */
export function parseTime(text: string, option: string): Ns {
  const match = TIME.exec(text.trim());
  if (match === null) throw badTime(text, option, 'is not a time');
  const ns = Math.round(Number(match[1]) * UNITS[(match[2] ?? 'ns') as keyof typeof UNITS]);
  if (!Number.isSafeInteger(ns)) throw badTime(text, option, 'is too long (104 days is the most)');
  return ns as Ns;
}

/** Micro has two code points, U+00B5 and the Greek letter U+03BC: keyboards and editors give either. */
const TIME = /^(\d+(?:\.\d*)?|\.\d+) ?(ns|us|\u00b5s|\u03bcs|ms|s)?$/;
const UNITS = { ns: 1, us: 1e3, '\u00b5s': 1e3, '\u03bcs': 1e3, ms: 1e6, s: 1e9 };

function badTime(text: string, option: string, what: string): UtraceError {
  return new UtraceError({
    code: 'BAD_TIME',
    message: `${option}: '${text}' ${what}`,
    hint: 'a number and ns, us, ms or s, for example 500ns, 10us, 1.5ms, 2s; without a unit it is ns',
  });
}
