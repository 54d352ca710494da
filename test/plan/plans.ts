/** Plans of test programs, and short ways to look at them. */
import { makePlan } from '../../src/record/make-plan.js';
import type { SelectionOptions } from '../../src/record/options.js';
import type { ProbePlan } from '../../src/record/plan.js';
import type { Placement } from '../../src/record/plan-sites.js';
import { findLibraries } from '../../src/symbols/library-search.js';

export interface Choice {
  readonly function?: string[];
  readonly noFunction?: string[];
  readonly lib?: string[];
  readonly noLib?: string[];
  readonly nestLib?: string[];
  readonly minSize?: number;
  readonly placement?: Placement;
}

export function plan(path: string, choice: Choice = {}): ProbePlan {
  const selection: SelectionOptions = {
    functions: { include: choice.function ?? [], exclude: choice.noFunction ?? [] },
    libraries: { include: choice.lib ?? [], exclude: choice.noLib ?? [] },
    nestLibraries: choice.nestLib ?? [],
    minSize: choice.minSize ?? 0,
  };
  const { libraries } = findLibraries(path);
  return makePlan({
    executable: path,
    libraries,
    selection,
    placement: choice.placement ?? { kind: 'entry' },
  });
}

/** `name` -> `probe`, or the reason for none. */
export function outcome({ functions, sites }: ProbePlan, kind?: 'function' | 'plt'): Record<string, string> {
  const rows = functions.flatMap((fn, i) => {
    const site = sites[i]!;
    if (kind !== undefined && fn.kind !== kind) return [];
    return [[fn.name, site.status === 'probe' ? 'probe' : site.reason] as const];
  });
  return Object.fromEntries(rows);
}

export function probed(made: ProbePlan, kind?: 'function' | 'plt'): string[] {
  return Object.entries(outcome(made, kind)).flatMap(([name, what]) => (what === 'probe' ? [name] : []));
}
