/** `utrace --record`: a trace file for the reports. */
import { record } from '../record/record.js';
import type { CommandEnd } from './command-end.js';
import { DEFAULT_TRACE, recordOptions } from './normalise.js';
import type { RawOptions } from './parse.js';
import { say } from './say.js';
import { totalsLine } from './totals-line.js';

export async function runRecord(raw: RawOptions): Promise<CommandEnd> {
  const path = raw.values.get('output') ?? DEFAULT_TRACE;
  const result = await record(recordOptions(raw), { kind: 'trace', path }, say);
  say(`${totalsLine(result)}; trace in ${path}`);
  return result;
}
