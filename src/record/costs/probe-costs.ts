/**
 * What a traced call costs on this machine, by what its probe stands on. Measured once a boot and kept; the trace
 * holds it (`probe_cost`), so that reports can take it out of the times.
 */
import type { Engine } from '../../bpf/engine.js';
import { costKind, type ProbeCosts } from '../../trace/cost-kind.js';
import type { ProbeCost, ProbeState, TraceFunction } from '../../trace/model.js';
import { bootCacheFile, readBootCache, writeBootCache } from '../../util/boot-cache.js';

/** `engine`: as asked for. Never fails: an empty map where it was not and cannot be measured (without privilege). */
export async function probeCosts(engine: Engine | undefined, file = cacheFile(engine)): Promise<ProbeCosts> {
  const cached = readCache(file);
  if (cached !== undefined) return cached;
  if (process.geteuid?.() !== 0) return new Map();
  try {
    const { measureCosts } = await import('./measure-costs.js');
    const costs = await measureCosts(engine);
    writeBootCache(file, FORMAT, { costs: [...costs.values()] });
    return costs;
  } catch {
    return new Map();
  }
}

/** What one call of this function costs, ns; undefined: not probed, or not measured. */
export function costOf(costs: ProbeCosts, fn: TraceFunction, state: ProbeState): number | undefined {
  if (state.status !== 'probed') return undefined;
  const cost = costs.get(costKind(state.instruction, state.module !== fn.module));
  if (cost === undefined) return undefined;
  return state.returns ? cost.inside + cost.outside : cost.entryOnly;
}

function cacheFile(engine: Engine | undefined): string {
  return bootCacheFile(engine === undefined ? 'costs.json' : `costs-${engine}.json`);
}

/** Raised when kinds or the measurement change. */
const FORMAT = 1;

function readCache(file: string): ProbeCosts | undefined {
  const content = readBootCache(file, FORMAT) as { costs?: unknown } | undefined;
  if (!Array.isArray(content?.costs)) return undefined;
  const costs = content.costs.filter(isCost);
  return new Map(costs.map((cost) => [cost.kind, cost]));
}

function isCost(value: unknown): value is ProbeCost {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, inside, outside, entryOnly } = value as Partial<Record<keyof ProbeCost, unknown>>;
  const positive = [inside, outside, entryOnly].every((ns) => typeof ns === 'number' && ns >= 0 && ns < 1e6);
  return typeof kind === 'string' && positive;
}
