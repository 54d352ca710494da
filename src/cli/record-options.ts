/** Options of a run (record, live, list), normalised. */
import type { RecordOptions, SelectionOptions, TargetOptions } from '../record/options.js';
import type { Pid } from '../util/units.js';
import { splitWords } from '../util/words.js';
import { callFilter } from './call-filter.js';
import { parseWhole } from './numbers.js';
import type { GivenOptions } from './parse-options.js';
import { usageError } from './usage-error.js';

/** Throws USAGE, UNBALANCED_QUOTE, BAD_TIME. */
export function recordOptions(given: GivenOptions): RecordOptions {
  return {
    target: target(given),
    selection: selection(given),
    filter: callFilter(given),
    debug: given.flag('debug'),
  };
}

function target(given: GivenOptions): TargetOptions {
  const pid = given.value('pid');
  if (pid !== undefined) {
    return {
      kind: 'attach',
      pid: parseWhole(pid, '--pid', 'a process id; pgrep -l NAME finds it', 1) as Pid,
    };
  }
  return {
    kind: 'launch',
    argv: command(given),
    user: given.value('user'),
    randomizeAddresses: !given.flag('no-randomize-addr'),
  };
}

function command(given: GivenOptions): readonly [string, ...string[]] {
  const [program, ...args] = given.words ?? splitWords(given.value('command') ?? '');
  if (program === undefined) throw usageError('the command of -c is empty', 'utrace -c "CMD ARGS"');
  return [program, ...args];
}

function selection(given: GivenOptions): SelectionOptions {
  const minSize = given.value('min-size');
  return {
    functions: { include: given.list('function'), exclude: given.list('no-function') },
    libraries: { include: given.list('lib'), exclude: given.list('no-lib') },
    nestLibraries: given.list('nest-lib'),
    minSize: minSize === undefined ? 0 : parseWhole(minSize, '--min-size', 'bytes of code', 0),
  };
}
