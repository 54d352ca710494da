/** What a person should know about a plan before reading its results: one line each. */
import { basename } from 'node:path';
import type { ProbeSite } from './plan.js';
import type { Candidate } from './plan-candidates.js';
import type { PlanModule } from './plan-modules.js';

export function describePlan(
  modules: readonly PlanModule[],
  candidates: readonly Candidate[],
  sites: readonly ProbeSite[],
): string[] {
  const notes: string[] = [];
  const traced = new Set(candidates.map((candidate) => candidate.module));
  for (const { trace } of modules) {
    if (!trace.stripped || (trace.kind === 'library' && !traced.has(trace.id))) continue;
    const own = candidates.filter((candidate) => candidate.module === trace.id);
    const calls = own.filter((candidate) => candidate.kind === 'plt').length;
    const functions = own.length - calls;
    const rest = trace.kind === 'library' ? '' : ` and ${calls} library calls`;
    notes.push(
      `${basename(trace.path)} is stripped: of its functions only the ${functions} in .dynsym can be traced${rest}`,
    );
  }
  const refused = sites.filter(
    (site) => site.status === 'skip' && INSTRUCTION_REASON.test(site.reason),
  ).length;
  if (refused > 0) {
    const subject = refused === 1 ? '1 function begins' : `${refused} functions begin`;
    notes.push(`${subject} with an instruction that cannot be probed (--list names them)`);
  }
  return notes;
}

const INSTRUCTION_REASON = /instruction/;
