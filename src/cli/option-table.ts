/** Every option once: the parser, the help texts and the nearest-name search are made from this table. */

export type Mode = 'live' | 'record' | 'report' | 'summary' | 'list';

export interface OptionDefinition {
  readonly name: string;
  readonly alias?: string;
  /** `flag` takes no value, `value` one, `list` may be repeated. */
  readonly kind: 'flag' | 'value' | 'list';
  /** Stands for the value in the help. */
  readonly placeholder?: string;
  readonly describe: string;
  readonly group:
    | 'Target'
    | 'What is traced'
    | 'Filters'
    | 'Display'
    | 'Files'
    | 'Recording'
    | 'Report'
    | 'Other';
  /** Where the option means something; elsewhere it is an error that says so. */
  readonly modes: readonly Mode[];
}

const ALL: readonly Mode[] = ['live', 'record', 'report', 'summary', 'list'];
const RUNS: readonly Mode[] = ['live', 'record', 'summary', 'list'];
const STREAMS: readonly Mode[] = ['live', 'record', 'list'];
const TABLES: readonly Mode[] = ['report', 'summary'];
const SHOWS: readonly Mode[] = ['live', 'report'];
const EVENTS: readonly Mode[] = ['live', 'record', 'report'];

export const OPTIONS: readonly OptionDefinition[] = [
  {
    name: 'command',
    alias: 'c',
    kind: 'value',
    placeholder: 'COMMAND',
    describe: 'Run COMMAND (quoted like in a shell) and trace it; or give its words after --',
    group: 'Target',
    modes: RUNS,
  },
  {
    name: 'pid',
    alias: 'p',
    kind: 'value',
    placeholder: 'PID',
    describe: 'Trace a running process until it ends or Ctrl-C; it runs on unharmed',
    group: 'Target',
    modes: RUNS,
  },
  {
    name: 'user',
    alias: 'u',
    kind: 'value',
    placeholder: 'NAME',
    describe: 'Run the command as this user',
    group: 'Target',
    modes: RUNS,
  },
  {
    name: 'no-randomize-addr',
    kind: 'flag',
    describe: 'Switch off address space randomization for the command',
    group: 'Target',
    modes: RUNS,
  },
  {
    name: 'record',
    kind: 'flag',
    describe: 'Write a trace file instead of a live call graph',
    group: 'Files',
    modes: ['record'],
  },
  { name: 'report', kind: 'flag', describe: 'Read a trace file', group: 'Files', modes: ['report'] },
  {
    name: 'summary',
    kind: 'flag',
    describe: 'Count calls and sum up times in the kernel, without a trace: for runs of any length',
    group: 'Files',
    modes: ['summary'],
  },
  {
    name: 'input',
    alias: 'i',
    kind: 'value',
    placeholder: 'FILE',
    describe: 'Trace file to report from (default utrace.data)',
    group: 'Files',
    modes: ['report'],
  },
  {
    name: 'output',
    alias: 'o',
    kind: 'value',
    placeholder: 'FILE',
    describe:
      'Write to FILE: live, the call graph (default stderr); --summary, the tables (default stderr); --record, the trace (default utrace.data); --report, the report (default stdout)',
    group: 'Files',
    modes: [...EVENTS, 'summary'],
  },
  {
    name: 'list',
    kind: 'flag',
    describe: 'List what would be probed, and why the rest would not; nothing is run',
    group: 'Other',
    modes: ['list'],
  },
  {
    name: 'function',
    alias: 'f',
    kind: 'list',
    placeholder: 'GLOB',
    describe: 'Only functions (and library calls) that match',
    group: 'What is traced',
    modes: ALL,
  },
  {
    name: 'no-function',
    kind: 'list',
    placeholder: 'GLOB',
    describe: 'No functions that match',
    group: 'What is traced',
    modes: ALL,
  },
  {
    name: 'lib',
    alias: 'l',
    kind: 'list',
    placeholder: 'GLOB',
    describe: 'Only library calls to libraries that match',
    group: 'What is traced',
    modes: ALL,
  },
  {
    name: 'no-lib',
    kind: 'list',
    placeholder: 'GLOB',
    describe: "No library calls to libraries that match ('*': none at all)",
    group: 'What is traced',
    modes: ALL,
  },
  {
    name: 'nest-lib',
    kind: 'list',
    placeholder: 'GLOB',
    describe: 'Also the functions inside loaded libraries that match',
    group: 'What is traced',
    modes: ALL,
  },
  {
    name: 'min-size',
    kind: 'value',
    placeholder: 'BYTES',
    describe: 'Only functions of at least this size',
    group: 'What is traced',
    modes: ALL,
  },
  {
    name: 'max-depth',
    kind: 'value',
    placeholder: 'N',
    describe: 'Only calls nested at most N deep',
    group: 'Filters',
    modes: EVENTS,
  },
  {
    name: 'tid-filter',
    kind: 'value',
    placeholder: 'TID',
    describe: 'Only this thread',
    group: 'Filters',
    modes: [...EVENTS, 'summary'],
  },
  {
    name: 'time-filter',
    kind: 'value',
    placeholder: 'TIME',
    describe: 'Only calls that last at least TIME (500ns, 10us, 1.5ms, 2s)',
    group: 'Filters',
    modes: EVENTS,
  },
  {
    name: 'libname',
    kind: 'flag',
    describe: 'Name the library of a library call: malloc@libc.so.6',
    group: 'Display',
    modes: [...SHOWS, 'summary'],
  },
  {
    name: 'flat',
    kind: 'flag',
    describe: 'Call graph with arrows and depths instead of indentation',
    group: 'Display',
    modes: SHOWS,
  },
  { name: 'tid', kind: 'flag', describe: 'Show the thread id', group: 'Display', modes: SHOWS },
  {
    name: 'timestamp',
    kind: 'flag',
    describe: 'Show the time since the start of the trace',
    group: 'Display',
    modes: SHOWS,
  },
  {
    name: 'format',
    kind: 'value',
    placeholder: 'FORMAT',
    describe: 'call-graph (default), summary, flame-graph or chrome',
    group: 'Report',
    modes: ['report'],
  },
  {
    name: 'avg-self',
    kind: 'flag',
    describe: 'summary: average self time',
    group: 'Report',
    modes: TABLES,
  },
  {
    name: 'avg-total',
    kind: 'flag',
    describe: 'summary: average total time',
    group: 'Report',
    modes: TABLES,
  },
  {
    name: 'percent-self',
    kind: 'flag',
    describe: 'summary: self time as a share of the whole',
    group: 'Report',
    modes: TABLES,
  },
  {
    name: 'percent-total',
    kind: 'flag',
    describe: 'summary: total time as a share of the whole',
    group: 'Report',
    modes: TABLES,
  },
  {
    name: 'compensate',
    kind: 'flag',
    describe: 'Take the measured cost of the probes out of the times (default for summary)',
    group: 'Report',
    modes: ['report'],
  },
  {
    name: 'no-compensate',
    kind: 'flag',
    describe: 'Show times as recorded, the cost of the probes in them',
    group: 'Report',
    modes: ['report'],
  },
  {
    name: 'sample-time',
    kind: 'value',
    placeholder: 'TIME',
    describe: 'flame-graph: time that one sample stands for (default 1us)',
    group: 'Report',
    modes: ['report'],
  },
  {
    name: 'interval',
    kind: 'value',
    placeholder: 'TIME',
    describe: '--summary: a table every TIME while the program runs (100ms, 1s, 1m); on a terminal in place',
    group: 'Report',
    modes: ['summary'],
  },
  {
    name: 'histogram',
    kind: 'flag',
    describe: "--summary: how long each function's calls took, by powers of two",
    group: 'Report',
    modes: ['summary'],
  },
  {
    name: 'buffer',
    kind: 'value',
    placeholder: 'SIZE',
    describe: 'Room for events between kernel and recorder, a power of two (default 64M)',
    group: 'Recording',
    modes: STREAMS,
  },
  {
    name: 'on-full',
    kind: 'value',
    placeholder: 'block|drop',
    describe:
      'When it is full: stop the target until it is drained (default with a command), or drop and count events (default with -p)',
    group: 'Recording',
    modes: STREAMS,
  },
  {
    name: 'placement',
    kind: 'value',
    placeholder: 'cheapest|entry',
    describe:
      'Where probes stand: where they cost least (default), or at the first byte of each function and PLT stub',
    group: 'Recording',
    modes: RUNS,
  },
  {
    name: 'engine',
    kind: 'value',
    placeholder: 'ENGINE',
    describe:
      'How probes are attached: session, multi or tracefs (default: the first of them that the kernel has)',
    group: 'Recording',
    modes: RUNS,
  },
  {
    name: 'debug',
    alias: 'd',
    kind: 'flag',
    describe: 'Say on stderr what is done, and show stacks of unexpected errors',
    group: 'Other',
    modes: ALL,
  },
  { name: 'help', alias: 'h', kind: 'flag', describe: 'Show this help', group: 'Other', modes: ALL },
  { name: 'version', alias: 'V', kind: 'flag', describe: 'Show the version', group: 'Other', modes: ALL },
];
