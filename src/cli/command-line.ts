/** From the words of the command line to one frozen command: what to do, and all that it needs. */
import type { RecordOptions } from '../record/options.js';
import type { LiveOptions } from '../report/live.js';
import type { ReportOptions } from '../report/options.js';
import { deepFreeze } from '../util/freeze.js';
import { checkCombination } from './combinations.js';
import type { Mode } from './option-table.js';
import { type GivenOptions, parseOptions } from './parse-options.js';
import { recordOptions } from './record-options.js';
import { reportOptions } from './report-options.js';

export type Command =
  | { readonly kind: 'help'; readonly topic: HelpTopic }
  | { readonly kind: 'version' }
  | { readonly kind: 'record'; readonly options: RecordOptions; readonly output: string }
  | {
      readonly kind: 'live';
      readonly options: RecordOptions;
      readonly view: LiveOptions;
      /** undefined: stderr */
      readonly output: string | undefined;
    }
  | { readonly kind: 'report'; readonly options: ReportOptions; readonly output: string | undefined }
  | { readonly kind: 'list'; readonly options: RecordOptions; readonly output: string | undefined };

export type HelpTopic = 'utrace' | 'record' | 'report';

export const DEFAULT_TRACE = 'utrace.data';

/** `terminal`: standard output is one. Throws USAGE, UNBALANCED_QUOTE, BAD_TIME. */
export function parseCommandLine(args: readonly string[], terminal: boolean): Command {
  const given = parseOptions(expandSynonym(args));
  const mode = modeOf(given);
  if (given.flag('help'))
    return { kind: 'help', topic: mode === 'live' || mode === 'list' ? 'utrace' : mode };
  if (given.flag('version')) return { kind: 'version' };
  checkCombination(given, mode);
  return deepFreeze(commandOf(given, mode, terminal));
}

function commandOf(given: GivenOptions, mode: Mode, terminal: boolean): Command {
  const output = given.value('output');
  switch (mode) {
    case 'record':
      return { kind: 'record', options: recordOptions(given), output: output ?? DEFAULT_TRACE };
    case 'live':
      return { kind: 'live', options: recordOptions(given), view: liveOptions(given), output };
    case 'list':
      return { kind: 'list', options: recordOptions(given), output };
    case 'report':
      return {
        kind: 'report',
        options: reportOptions(given, DEFAULT_TRACE, terminal && output === undefined),
        output,
      };
    default:
      return mode satisfies never;
  }
}

/** `utrace record ...` is `utrace --record ...`. */
function expandSynonym(args: readonly string[]): readonly string[] {
  const [first, ...rest] = args;
  return first === 'record' || first === 'report' ? [`--${first}`, ...rest] : args;
}

function modeOf(given: GivenOptions): Mode {
  if (given.flag('report')) return 'report';
  if (given.flag('list')) return 'list';
  return given.flag('record') ? 'record' : 'live';
}

function liveOptions(given: GivenOptions): LiveOptions {
  return {
    flat: given.flag('flat'),
    tid: given.flag('tid'),
    timestamp: given.flag('timestamp'),
    libname: given.flag('libname'),
  };
}
