/**
 * Every option, in one place: the parser, the check of which belongs where, "did you mean", and the help texts
 * (generate-help.ts) are made from this table.
 */
export type Mode = 'live' | 'record' | 'report' | 'list';

export interface OptionDefinition {
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** `flag`: takes no value; `value`: the last one counts; `list`: repeatable, split at commas. */
  readonly kind: 'flag' | 'value' | 'list';
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly group: OptionGroup;
  readonly modes: readonly Mode[];
  /** The report formats that it changes; absent: all of them. */
  readonly formats?: readonly string[];
  readonly help: string;
}

export const OPTION_GROUPS = [
  'What to do',
  'Target',
  'Which functions',
  'Which calls',
  'Display',
  'Other',
] as const;
export type OptionGroup = (typeof OPTION_GROUPS)[number];

const ALL = ['live', 'record', 'report', 'list'] as const;
/** Whatever has a target. */
const TARGET = ['live', 'record', 'list'] as const;
/** `--list` may stand in front of any command line that runs something. */
const RECORD = ['record', 'list'] as const;
const VIEW = ['live', 'report', 'list'] as const;
const REPORT = ['report'] as const;
const CALL_GRAPH = ['call-graph'] as const;
const SUMMARY = ['summary'] as const;

const table = [
  {
    name: 'record',
    kind: 'flag',
    group: 'What to do',
    modes: RECORD,
    help: 'run the program and write a trace file',
  },
  {
    name: 'report',
    kind: 'flag',
    group: 'What to do',
    modes: REPORT,
    help: 'show a trace file; needs no privilege',
  },
  {
    name: 'list',
    kind: 'flag',
    group: 'What to do',
    modes: RECORD,
    help: 'show what would be probed, and why the rest is not; runs nothing',
  },
  {
    name: 'output',
    short: 'o',
    kind: 'value',
    value: 'FILE',
    group: 'What to do',
    modes: ALL,
    help: 'write to FILE: the trace (default: utrace.data), or the text',
  },
  {
    name: 'input',
    short: 'i',
    kind: 'value',
    value: 'FILE',
    group: 'What to do',
    modes: REPORT,
    help: 'trace file to show (default: utrace.data)',
  },

  {
    name: 'command',
    short: 'c',
    kind: 'value',
    value: '"CMD ARGS"',
    group: 'Target',
    modes: TARGET,
    help: 'program and arguments, quoted as in a shell; or: -- CMD ARGS',
  },
  {
    name: 'pid',
    short: 'p',
    kind: 'value',
    value: 'PID',
    group: 'Target',
    modes: TARGET,
    help: 'attach to a running process; Ctrl-C lets it go',
  },
  {
    name: 'user',
    short: 'u',
    kind: 'value',
    value: 'NAME',
    group: 'Target',
    modes: TARGET,
    help: 'run the program as this user, with its groups',
  },
  {
    name: 'no-randomize-addr',
    kind: 'flag',
    group: 'Target',
    modes: TARGET,
    help: 'run the program at fixed addresses (without ASLR)',
  },

  {
    name: 'function',
    short: 'f',
    kind: 'list',
    value: 'GLOB',
    group: 'Which functions',
    modes: ALL,
    help: 'only functions and library calls whose name matches',
  },
  {
    name: 'no-function',
    kind: 'list',
    value: 'GLOB',
    group: 'Which functions',
    modes: ALL,
    help: 'not these; applied after --function',
  },
  {
    name: 'lib',
    short: 'l',
    kind: 'list',
    value: 'GLOB',
    group: 'Which functions',
    modes: ALL,
    help: 'of the library calls only those into these libraries',
  },
  {
    name: 'no-lib',
    kind: 'list',
    value: 'GLOB',
    group: 'Which functions',
    modes: ALL,
    help: 'no library calls into these; applied after --lib',
  },
  {
    name: 'nest-lib',
    kind: 'list',
    value: 'GLOB',
    group: 'Which functions',
    modes: TARGET,
    help: 'also the functions inside these libraries',
  },
  {
    name: 'min-size',
    kind: 'value',
    value: 'BYTES',
    group: 'Which functions',
    modes: TARGET,
    help: 'no functions smaller than this',
  },

  {
    name: 'max-depth',
    kind: 'value',
    value: 'N',
    group: 'Which calls',
    modes: ALL,
    help: 'calls nested up to this deep; the outermost has depth 1',
  },
  {
    name: 'tid-filter',
    kind: 'value',
    value: 'TID',
    group: 'Which calls',
    modes: ALL,
    help: 'calls of this thread alone',
  },
  {
    name: 'time-filter',
    kind: 'value',
    value: 'TIME',
    group: 'Which calls',
    modes: ALL,
    help: 'calls that took this long or longer',
  },

  {
    name: 'format',
    kind: 'value',
    value: 'FORMAT',
    group: 'Display',
    modes: REPORT,
    help: 'summary, call-graph (default), flame-graph (folded stacks) or chrome (JSON)',
  },
  {
    name: 'flat',
    kind: 'flag',
    group: 'Display',
    modes: VIEW,
    formats: CALL_GRAPH,
    help: 'arrows and depths in place of indentation',
  },
  {
    name: 'tid',
    kind: 'flag',
    group: 'Display',
    modes: VIEW,
    formats: CALL_GRAPH,
    help: 'show the thread id of each call',
  },
  {
    name: 'timestamp',
    kind: 'flag',
    group: 'Display',
    modes: VIEW,
    formats: CALL_GRAPH,
    help: 'show the time since the start of the trace',
  },
  {
    name: 'libname',
    kind: 'flag',
    group: 'Display',
    modes: VIEW,
    help: 'show library calls as malloc@libc.so.6',
  },
  {
    name: 'avg-self',
    kind: 'flag',
    group: 'Display',
    modes: REPORT,
    formats: SUMMARY,
    help: 'add a column: average self time',
  },
  {
    name: 'avg-total',
    kind: 'flag',
    group: 'Display',
    modes: REPORT,
    formats: SUMMARY,
    help: 'add a column: average total time',
  },
  {
    name: 'percent-self',
    kind: 'flag',
    group: 'Display',
    modes: REPORT,
    formats: SUMMARY,
    help: 'add a column: share of self time',
  },
  {
    name: 'percent-total',
    kind: 'flag',
    group: 'Display',
    modes: REPORT,
    formats: SUMMARY,
    help: 'add a column: share of total time',
  },
  {
    name: 'sample-time',
    kind: 'value',
    value: 'TIME',
    group: 'Display',
    modes: REPORT,
    formats: ['flame-graph'],
    help: 'time that one sample stands for (default: 1us)',
  },

  {
    name: 'debug',
    short: 'd',
    kind: 'flag',
    group: 'Other',
    modes: ALL,
    help: 'say more on stderr; errors with their stack',
  },
  { name: 'help', short: 'h', kind: 'flag', group: 'Other', modes: ALL, help: 'show this help' },
  { name: 'version', short: 'V', kind: 'flag', group: 'Other', modes: ALL, help: 'show the version' },
] as const satisfies readonly OptionDefinition[];

export const OPTIONS: readonly OptionDefinition[] = table;

type Named<Kind extends OptionDefinition['kind']> = Extract<(typeof table)[number], { kind: Kind }>['name'];
export type FlagName = Named<'flag'>;
export type ValueName = Named<'value'>;
export type ListName = Named<'list'>;
