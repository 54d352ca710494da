/** Which candidates the user's patterns and sizes leave, and the reason for each one they do not. */
import { isFragment, isStartUpHelper } from '../symbols/function-names.js';
import { compileFilter, type GlobFilter } from '../util/glob.js';
import { libraryNames } from '../util/library.js';
import type { SelectionOptions } from './options.js';
import type { SkipReason } from './plan.js';
import type { Candidate } from './plan-candidates.js';

/** undefined: selected. What cannot be probed at all is named before what was not asked for. */
export type Selection = (candidate: Candidate) => SkipReason | undefined;

export function compileSelection(selection: SelectionOptions): Selection {
  const functions = split(selection.functions);
  const libraries = split(selection.libraries);
  return (candidate) => {
    const reason = inherentReason(candidate);
    if (reason !== undefined) return reason;
    if (!functions.included(...candidate.matchNames)) return 'filtered by --function';
    if (!functions.kept(...candidate.matchNames)) return 'filtered by --no-function';
    if (candidate.kind === 'plt') {
      const names = candidate.library === undefined ? [] : libraryNames(candidate.library);
      if (!libraries.included(...names)) return 'filtered by --lib';
      if (!libraries.kept(...names)) return 'filtered by --no-lib';
      return undefined;
    }
    return candidate.size > 0 && candidate.size < selection.minSize ? 'smaller than --min-size' : undefined;
  };
}

type Predicate = (...names: readonly string[]) => boolean;

function split(filter: GlobFilter): { included: Predicate; kept: Predicate } {
  return {
    included: filter.include.length === 0 ? () => true : compileFilter({ ...filter, exclude: [] }),
    kept: filter.exclude.length === 0 ? () => true : compileFilter({ ...filter, include: [] }),
  };
}

function inherentReason(candidate: Candidate): SkipReason | undefined {
  if (candidate.kind === 'plt') return undefined;
  if (candidate.offset === undefined) return 'no code';
  if (candidate.ifunc) return 'IFUNC resolver';
  if (candidate.symbols.some(isStartUpHelper)) return 'start-up helper';
  if (candidate.symbols.every(isFragment)) return 'fragment of a function';
  return undefined;
}
