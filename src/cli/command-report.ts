/** `utrace --report`: reads a trace file, without root and without BPF. */
import { finished } from 'node:stream/promises';
import type { ReportOptions } from '../report/options.js';
import { type ReportResult, report } from '../report/report.js';
import type { CommandEnd } from './command-end.js';
import { reportOptions } from './normalise.js';
import { LazyFile, refuseSameFile } from './output.js';
import type { RawOptions } from './parse.js';

export async function runReport(raw: RawOptions): Promise<CommandEnd> {
  const path = raw.values.get('output');
  const options = reportOptions(raw, path === undefined && process.stdout.isTTY === true);
  const result = await (path === undefined ? report(options, process.stdout) : reportTo(path, options));
  if (!result.headerPrinted) process.stderr.write(`${result.header}\n`);
  return { exitCode: 0, signal: undefined };
}

async function reportTo(path: string, options: ReportOptions): Promise<ReportResult> {
  refuseSameFile(options.input, path);
  const file = new LazyFile(path);
  try {
    const result = await report(options, file);
    file.end();
    await finished(file);
    return result;
  } catch (error) {
    throw file.failure ?? error;
  }
}
