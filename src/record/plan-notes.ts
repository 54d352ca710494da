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
  for (const { trace } of modules) {
    const own = candidates.filter((candidate) => candidate.module === trace.id);
    const calls = own.filter((candidate) => candidate.kind === 'plt').length;
    if (trace.stripped && (own.length > 0 || trace.kind === 'executable')) {
      const functions = own.length - calls;
      const left = [`${functions} functions of .dynsym`, ...(calls > 0 ? [`${calls} library calls`] : [])];
      notes.push(`${basename(trace.path)} is stripped: traced are the ${left.join(' and the ')}`);
    }
    if (trace.kind === 'executable' && calls === 0 && modules.length > 1) {
      notes.push(
        `${basename(trace.path)} has no PLT (built with -fno-plt?): its library calls are not seen; ` +
          'trace the libraries themselves with --nest-lib',
      );
    }
  }
  for (const { trace, go } of modules) {
    if (!go || !candidates.some((candidate) => candidate.module === trace.id)) continue;
    notes.push(
      `${basename(trace.path)} is written in Go: only the entries of its functions are probed, not the returns`,
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
