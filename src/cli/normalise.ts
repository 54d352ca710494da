/** Raw options -> the frozen, typed options of one command. All checks that need no file and no process are here. */
import { ENGINES, type Engine } from '../bpf/engine.js';
import type { AggregateOptions, RecordOptions, SelectionOptions, TargetOptions } from '../record/options.js';
import {
  REPORT_FORMATS,
  type ReportFormat,
  type ReportOptions,
  type SummaryColumns,
} from '../report/options.js';
import type { CallFilter } from '../trace/model.js';
import { UtraceError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';
import type { Ns, Pid, Tid } from '../util/units.js';
import { splitWords } from '../util/words.js';
import type { RawOptions } from './parse.js';
import { badValue, parseGlobs, parseInterval, parseRingSize, parseTime, parseWhole } from './parse-values.js';

export const DEFAULT_TRACE = 'utrace.data';
const DEFAULT_RING = 64 << 20;
const DEFAULT_SAMPLE_TIME = 1000 as Ns;

export interface DisplayOptions {
  readonly flat: boolean;
  readonly tid: boolean;
  readonly timestamp: boolean;
  readonly libname: boolean;
}

export function recordOptions(raw: RawOptions): RecordOptions {
  const target = targetOptions(raw);
  const buffer = raw.values.get('buffer');
  return Object.freeze({
    target,
    selection: selectionOptions(raw),
    filter: callFilter(raw),
    placement: placement(raw.values.get('placement')),
    ringBytes: buffer === undefined ? DEFAULT_RING : parseRingSize('--buffer', buffer),
    onFull: onFull(raw.values.get('on-full'), target.kind),
    engine: engine(raw.values.get('engine')),
    debug: raw.flags.has('debug'),
  });
}

export function aggregateOptions(raw: RawOptions): AggregateOptions {
  const interval = raw.values.get('interval');
  return Object.freeze({
    target: targetOptions(raw),
    selection: selectionOptions(raw),
    placement: placement(raw.values.get('placement')),
    tid: callFilter(raw).tid,
    interval: interval === undefined ? undefined : parseInterval('--interval', interval),
    engine: engine(raw.values.get('engine')),
    debug: raw.flags.has('debug'),
  });
}

export function summaryColumns({ flags }: RawOptions): SummaryColumns {
  return {
    avgSelf: flags.has('avg-self'),
    avgTotal: flags.has('avg-total'),
    percentSelf: flags.has('percent-self'),
    percentTotal: flags.has('percent-total'),
  };
}

export function displayOptions(raw: RawOptions): DisplayOptions {
  const { flags } = raw;
  return Object.freeze({
    flat: flags.has('flat'),
    tid: flags.has('tid'),
    timestamp: flags.has('timestamp'),
    libname: flags.has('libname'),
  });
}

/** `terminal`: whether the report goes to one. */
export function reportOptions(raw: RawOptions, terminal: boolean): ReportOptions {
  const { values } = raw;
  if (raw.words !== undefined) throw noTargetWanted();
  const sample = values.get('sample-time');
  const sampleTime = sample === undefined ? DEFAULT_SAMPLE_TIME : parseTime('--sample-time', sample);
  if (sampleTime === 0) throw badValue('--sample-time', '0', 'a time above zero', '--sample-time=1us');
  const { functions, libraries, nestLibraries, minSize } = selectionOptions(raw);
  return Object.freeze({
    input: values.get('input') ?? DEFAULT_TRACE,
    format: reportFormat(values.get('format')),
    filter: callFilter(raw),
    functions,
    libraries,
    nestLibraries,
    minSize,
    columns: summaryColumns(raw),
    ...displayOptions(raw),
    compensate: compensate(raw),
    sampleTime,
    terminal,
  });
}

/** A process that runs for others is not stopped unless asked: its parent would see a job stop. */
function onFull(text: string | undefined, kind: TargetOptions['kind']): RecordOptions['onFull'] {
  if (text === undefined) return kind === 'launch' ? 'block' : 'drop';
  if (text === 'block' || text === 'drop') return text;
  throw badValue('--on-full', text, 'block or drop', '--on-full=block');
}

/** Only the summary compensates unasked: the other formats show the events as they were recorded. */
function compensate({ flags, values }: RawOptions): boolean {
  if (flags.has('compensate') && flags.has('no-compensate')) {
    throw conflict('--compensate and --no-compensate contradict each other', 'Give one of them.');
  }
  if (values.get('format') === 'summary') return !flags.has('no-compensate');
  return flags.has('compensate');
}

function placement(text: string | undefined): RecordOptions['placement'] {
  if (text === undefined || text === 'cheapest') return 'cheapest';
  if (text === 'entry') return text;
  throw badValue('--placement', text, 'cheapest or entry', '--placement=entry');
}

function engine(text: string | undefined): Engine | undefined {
  if (text === undefined) return undefined;
  const known = ENGINES.find((name) => name === text);
  if (known !== undefined) return known;
  const near = nearest(text, ENGINES, 1);
  throw badValue('--engine', text, `one of ${ENGINES.join(', ')}`, `--engine=${near[0] ?? 'multi'}`);
}

function targetOptions(raw: RawOptions): TargetOptions {
  const command = raw.values.get('command');
  const pid = raw.values.get('pid');
  const given = [command !== undefined && '-c', raw.words !== undefined && '--', pid !== undefined && '-p'];
  const targets = given.filter((option) => option !== false);
  if (targets.length > 1) throw conflict(`${targets.join(' and ')} name two targets`, 'Give one of them.');
  if (pid !== undefined) {
    const launchOnly = ['user', 'no-randomize-addr'].find(
      (name) => raw.values.has(name) || raw.flags.has(name),
    );
    if (launchOnly !== undefined) {
      throw conflict(`--${launchOnly} cannot change a process that runs already`, 'It goes with -c or --.');
    }
    return { kind: 'attach', pid: parseWhole('--pid', pid, 1) as Pid };
  }
  if (command === undefined && raw.words === undefined) {
    throw conflict(
      'no target: nothing to trace',
      'utrace -c "CMD ARGS", utrace -- CMD ARGS, or utrace -p PID',
    );
  }
  const [program, ...args] = raw.words ?? splitWords(command ?? '');
  if (program === undefined || program === '') {
    throw conflict('the command is empty', 'For example: utrace -c "./sort -n 5000"');
  }
  return {
    kind: 'launch',
    argv: [program, ...args],
    user: raw.values.get('user'),
    randomizeAddresses: !raw.flags.has('no-randomize-addr'),
  };
}

function selectionOptions(raw: RawOptions): SelectionOptions {
  const globs = (name: string): string[] => parseGlobs(`--${name}`, raw.lists.get(name) ?? []);
  const minSize = raw.values.get('min-size');
  return {
    functions: { include: globs('function'), exclude: globs('no-function') },
    libraries: { include: globs('lib'), exclude: globs('no-lib') },
    nestLibraries: globs('nest-lib'),
    minSize: minSize === undefined ? 0 : parseWhole('--min-size', minSize, 0),
  };
}

function callFilter(raw: RawOptions): CallFilter {
  const value = <T>(name: string, parse: (option: string, text: string) => T): T | undefined => {
    const text = raw.values.get(name);
    return text === undefined ? undefined : parse(`--${name}`, text);
  };
  return {
    maxDepth: value('max-depth', (option, text) => parseWhole(option, text, 1)),
    tid: value('tid-filter', (option, text) => parseWhole(option, text, 1) as Tid),
    minDuration: value('time-filter', parseTime),
  };
}

function reportFormat(text: string | undefined): ReportFormat {
  if (text === undefined) return 'call-graph';
  const format = REPORT_FORMATS.find((name) => name === text);
  if (format !== undefined) return format;
  const near = nearest(text, REPORT_FORMATS, 1);
  throw badValue('--format', text, `one of ${REPORT_FORMATS.join(', ')}`, `--format=${near[0] ?? 'summary'}`);
}

function noTargetWanted(): UtraceError {
  return conflict('a report takes no command: it reads a trace file', 'utrace --report -i FILE');
}

function conflict(message: string, hint: string): UtraceError {
  return new UtraceError({ code: 'USAGE', message, hint });
}
