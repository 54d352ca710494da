/** One site a candidate: where its probe goes, or why it has none. Code is decoded only for what was selected. */
import { type CodeDecoder, openDecoder } from '../symbols/decoder.js';
import { withElf } from '../symbols/elf-file.js';
import { forbidsReturnProbe } from '../symbols/function-names.js';
import { openBoundaryCheck } from '../symbols/instruction-boundary.js';
import { judgeInstruction } from '../symbols/instructions.js';
import type { ProbeSite, SkipReason } from './plan.js';
import type { Candidate } from './plan-candidates.js';
import type { PlanModule } from './plan-modules.js';
import type { Selection } from './plan-selection.js';

/** Candidates must be grouped by module and ascend by address within each kind. */
export function placeProbes(
  modules: readonly PlanModule[],
  candidates: readonly Candidate[],
  select: Selection,
): ProbeSite[] {
  const sites: ProbeSite[] = [];
  while (sites.length < candidates.length) {
    const index = candidates[sites.length]!.module;
    const module = modules[index]!;
    withElf(module.trace.path, (elf) => {
      const decoder = openDecoder(elf.bytes);
      const isBoundary = openBoundaryCheck(decoder);
      for (let next = candidates[sites.length]; next?.module === index; next = candidates[sites.length]) {
        const boundary =
          next.kind === 'plt' || next.offset === undefined || isBoundary(next.offset, next.size);
        sites.push(placeProbe(decoder, next, select(next), boundary, module.go));
      }
      decoder.free();
    });
  }
  return sites;
}

function placeProbe(
  decoder: CodeDecoder,
  candidate: Candidate,
  unselected: SkipReason | undefined,
  boundary: boolean,
  entryOnly: boolean,
): ProbeSite {
  if (unselected !== undefined) return { status: 'skip', reason: unselected };
  if (candidate.offset === undefined) return { status: 'skip', reason: 'no code' };
  if (!boundary) return { status: 'skip', reason: 'inside an instruction' };
  const verdict = judgeInstruction(decoder, candidate.offset);
  if (verdict !== 'fine') return { status: 'skip', reason: verdict };
  const returns =
    !entryOnly && !candidate.symbols.some((symbol) => forbidsReturnProbe(symbol, candidate.kind));
  return { status: 'probe', offset: candidate.offset, returns };
}
