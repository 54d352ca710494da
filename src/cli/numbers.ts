/** Whole numbers of options. */
import type { UtraceError } from '../util/errors.js';
import { usageError } from './usage-error.js';

/** A decimal number of at least `least`; `what` says what it is for. Throws USAGE. */
export function parseWhole(text: string, option: string, what: string, least: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw notWhole(text, option, what);
  if (number < least) throw usageError(`${option}: ${number} is too small`, `${what}: ${least} or more`);
  return number;
}

function notWhole(text: string, option: string, what: string): UtraceError {
  return usageError(`${option}: '${text}' is not a whole number`, `${what}, for example ${option} 10`);
}
