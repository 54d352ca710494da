/** `utrace --report`: reads a trace file, without root and without BPF. */
import { createWriteStream } from 'node:fs';
import { report } from '../report/report.js';
import type { CommandEnd } from './main.js';
import { reportOptions } from './normalise.js';
import { openOutput } from './output.js';
import type { RawOptions } from './parse.js';
import { say } from './say.js';

export async function runReport(raw: RawOptions): Promise<CommandEnd> {
  const path = raw.values.get('output');
  const options = reportOptions(raw, path === undefined && process.stdout.isTTY === true);
  const out = path === undefined ? process.stdout : createWriteStream('', { fd: openOutput(path) });
  const result = await report(options, out);
  if (path !== undefined) await new Promise<void>((resolve) => out.end(resolve));
  if (!result.headerPrinted) say(result.header);
  return { exitCode: 0, signal: undefined };
}
