/** What each function's calls cost by their probes, from the costs that the recorder measured. */
import { costKind } from '../trace/cost-kind.js';
import type { TraceReader } from '../trace/reader.js';
import type { CallCosts } from './compensation.js';

/** undefined: the trace has no costs (recorded without privilege to measure them). */
export function callCosts(trace: TraceReader): CallCosts | undefined {
  const kinds = new Map(trace.probeCosts().map((cost) => [cost.kind, cost]));
  if (kinds.size === 0) return undefined;
  const size = trace.functions.length;
  const costs = {
    outside: new Float64Array(size),
    inside: new Float64Array(size),
    entryOnly: new Float64Array(size),
  };
  for (const [id, state] of trace.probes().entries()) {
    const module = trace.functions[id]?.module;
    if (state?.status !== 'probed' || module === undefined) continue;
    const cost = kinds.get(costKind(state.instruction, state.module !== module));
    if (cost === undefined) continue;
    costs.outside[id] = cost.outside;
    costs.inside[id] = cost.inside;
    costs.entryOnly[id] = cost.entryOnly;
  }
  return costs;
}
