/** A pattern that fits nothing is a typing error: it stops the run and names what it may have meant. */
import { UtraceError } from '../util/errors.js';
import { compileFilter } from '../util/glob.js';
import { nearest } from '../util/nearest.js';

export interface PatternCheck {
  /** The option as typed, for the message. */
  readonly option: string;
  readonly patterns: readonly string[];
  /** What the pattern should have matched, singular. */
  readonly what: string;
  /** The names of each thing; one match among them is enough. */
  readonly groups: readonly (readonly string[])[];
  /** Names for the hint. */
  readonly shown: readonly string[];
}

/** Throws NO_MATCH for the first pattern that matches no group. */
export function requireMatch(check: PatternCheck): void {
  for (const pattern of check.patterns) {
    const matches = compileFilter({ include: [pattern], exclude: [] });
    if (check.groups.some((names) => matches(...names))) continue;
    const near = nearest(pattern, check.shown);
    throw new UtraceError({
      code: 'NO_MATCH',
      message: `${check.option} '${pattern}' matches no ${check.what}`,
      hint: near.length > 0 ? `nearest: ${near.join(', ')}` : 'see what there is with --list and no patterns',
    });
  }
}
