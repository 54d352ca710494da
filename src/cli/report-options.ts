/** Options of a report, normalised. */
import { REPORT_FORMATS, type ReportFormat, type ReportOptions } from '../report/options.js';
import { nearest } from '../util/nearest.js';
import { parseTime } from '../util/time.js';
import type { Ns } from '../util/units.js';
import { callFilter } from './call-filter.js';
import type { GivenOptions } from './parse-options.js';
import { usageError } from './usage-error.js';

const DEFAULT_SAMPLE_TIME = 1000 as Ns;

/** Throws USAGE, BAD_TIME. */
export function reportOptions(given: GivenOptions, defaultInput: string, terminal: boolean): ReportOptions {
  return {
    input: given.value('input') ?? defaultInput,
    format: format(given.value('format') ?? 'call-graph'),
    filter: callFilter(given),
    functions: { include: given.list('function'), exclude: given.list('no-function') },
    libraries: { include: given.list('lib'), exclude: given.list('no-lib') },
    columns: {
      avgSelf: given.flag('avg-self'),
      avgTotal: given.flag('avg-total'),
      percentSelf: given.flag('percent-self'),
      percentTotal: given.flag('percent-total'),
    },
    flat: given.flag('flat'),
    tid: given.flag('tid'),
    timestamp: given.flag('timestamp'),
    libname: given.flag('libname'),
    sampleTime: sampleTime(given.value('sample-time')),
    terminal,
  };
}

function format(text: string): ReportFormat {
  const known = REPORT_FORMATS.find((name) => name === text);
  if (known !== undefined) return known;
  const near = nearest(text, REPORT_FORMATS, 1);
  throw usageError(
    `--format: there is no format '${text}'`,
    near.length > 0 ? `did you mean ${near[0]}?` : `the formats: ${REPORT_FORMATS.join(', ')}`,
  );
}

function sampleTime(text: string | undefined): Ns {
  if (text === undefined) return DEFAULT_SAMPLE_TIME;
  const time = parseTime(text, '--sample-time');
  if (time < 1)
    throw usageError('--sample-time: a sample must stand for 1ns or more', 'for example --sample-time=10us');
  return time;
}
