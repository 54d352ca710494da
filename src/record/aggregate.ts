/** Sums up one run in the kernel: plan, target, session. No event is stored. */
import { collectTotals, type Snapshot, type SummarySink } from './collect-totals.js';
import type { AggregateOptions } from './options.js';
import { prepareTarget } from './prepare-target.js';
import { requirePrivileges } from './privileges.js';
import type { SessionEnd } from './result.js';
import { runSession } from './session.js';

/**
 * `say` takes lines for stderr: notes of the plan, signals.
 * @throws UtraceError before the target runs, or when the aggregation (not the target) failed.
 */
export async function aggregate(
  options: AggregateOptions,
  sink: SummarySink,
  say: (line: string) => void,
): Promise<SessionEnd & { readonly snapshot: Snapshot }> {
  const prepared = await prepareTarget(options);
  const { plan } = prepared;
  for (const note of plan.notes) say(note);
  requirePrivileges(options.target.kind === 'launch' && options.target.user !== undefined);
  const target = await prepared.start();
  return runSession({
    target,
    plan,
    debug: options.debug,
    pathOf: (module) => plan.modules[module]!.path,
    load: () => collectTotals({ target, plan, options, sink, say }),
    say,
  });
}
