/** From the options to a target that can be started: its program or process checked, its probes planned. */
import { readFileSync } from 'node:fs';
import { findLibraries } from '../symbols/library-search.js';
import { findProcessModules } from '../symbols/process-modules.js';
import { requireProcess } from './check-process.js';
import { findProgram } from './find-program.js';
import { findUser } from './find-user.js';
import type { LaunchRequest } from './launch.js';
import { makePlan } from './make-plan.js';
import type { RunOptions } from './options.js';
import { placementFor } from './placement/placement-for.js';
import type { ProbePlan } from './plan.js';
import type { Target } from './target.js';

export interface PreparedTarget {
  readonly plan: ProbePlan;
  readonly command: readonly string[];
  /** Imports what starts processes only now: `--list` needs none of it. */
  readonly start: () => Promise<Target>;
}

/** Finds the target's files and plans its probes: nothing is run, no privilege is needed (`--list` stops here). */
export async function prepareTarget(options: RunOptions): Promise<PreparedTarget> {
  const { target, selection } = options;
  const placement = await placementFor(options);
  if (target.kind === 'attach') {
    requireProcess(target.pid);
    const modules = findProcessModules(target.pid);
    return {
      plan: makePlan({ ...modules, selection, placement }),
      command: readFileSync(`/proc/${target.pid}/cmdline`, 'utf8').split('\0').slice(0, -1),
      start: async () => (await import('./target.js')).attachTarget(target.pid, modules.executable),
    };
  }
  const user = target.user === undefined ? undefined : findUser(target.user);
  const program = findProgram(target.argv[0], user);
  const { libraries } = findLibraries(program, process.env);
  const request: LaunchRequest = { ...target, program, user, silent: false };
  return {
    plan: makePlan({ executable: program, libraries, selection, placement }),
    command: target.argv,
    start: async () => (await import('./target.js')).launchTarget(request),
  };
}
