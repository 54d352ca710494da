/** What the probes cost a run, said at its end where it is more than a tenth: the functions at fault, and the option to drop them. */

import type { ProbeCosts } from '../../trace/cost-kind.js';
import type { ProbeState, TraceFunction } from '../../trace/model.js';
import { quoteWord } from '../../util/shell-quote.js';
import type { Ns } from '../../util/units.js';
import { costOf } from './probe-costs.js';

export interface Overhead {
  readonly functions: readonly TraceFunction[];
  readonly states: readonly ProbeState[];
  readonly costs: ProbeCosts;
  /** Calls by function id. */
  readonly calls: Uint32Array;
  /** From the target's release to its end. */
  readonly span: Ns;
}

/** undefined: not worth a word, or not known. */
export function describeOverhead(run: Overhead): string | undefined {
  const shares = costShares(run);
  const total = shares.reduce((sum, { cost }) => sum + cost, 0);
  if (total <= run.span / 10) return undefined;
  const dearest = mostOf(shares, total);
  const names = dearest.map(({ fn }) => escapeGlob(fn.name)).join(',');
  const parts = dearest.map(({ fn, cost }) => `${fn.name} ${Math.round((100 * cost) / total)} %`);
  return (
    `the probes took about ${seconds(total)} of CPU time in a run of ${seconds(run.span)}, most for ${parts.join(', ')}; ` +
    `to leave these out: --no-function ${quoteWord(names)}`
  );
}

interface Share {
  readonly fn: TraceFunction;
  /** ns */
  readonly cost: number;
}

/** Dearest first. */
function costShares({ functions, states, costs, calls }: Overhead): Share[] {
  const shares: Share[] = [];
  for (const [id, count] of calls.entries()) {
    if (count === 0) continue;
    const each = costOf(costs, functions[id]!, states[id]!);
    if (each !== undefined) shares.push({ fn: functions[id]!, cost: count * each });
  }
  return shares.sort((a, b) => b.cost - a.cost);
}

const MOST_NAMES = 5;
const ENOUGH = 0.8;

/** The fewest functions that make up most of the cost. */
function mostOf(shares: readonly Share[], total: number): Share[] {
  const chosen: Share[] = [];
  let sum = 0;
  for (const share of shares) {
    if (chosen.length === MOST_NAMES || sum >= ENOUGH * total) break;
    chosen.push(share);
    sum += share.cost;
  }
  return chosen;
}

function escapeGlob(name: string): string {
  return name.replace(/[*?[\]\\]/g, '\\$&');
}

function seconds(ns: number): string {
  return ns < 1e9 ? `${Math.round(ns / 1e6)} ms` : `${(ns / 1e9).toPrecision(3)} s`;
}
