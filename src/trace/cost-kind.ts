/** What probes cost, by kind: the join of `probe` and `probe_cost`. */
import type { ProbeCost } from './model.js';

/** By `costKind`. */
export type ProbeCosts = ReadonlyMap<string, ProbeCost>;

/** The key that joins a probe to what it costs (`probe_cost.kind`): a probe in a library also looks up who called. */
export function costKind(instruction: string, inLibrary: boolean): string {
  return inLibrary ? `${instruction}, in a library` : instruction;
}
