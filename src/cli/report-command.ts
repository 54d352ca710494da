/** `utrace --report`: shows a trace file on stdout or in a file. */
import { finished } from 'node:stream/promises';
import { report } from '../report/report.js';
import type { Command } from './command-line.js';
import type { Ending } from './exit.js';
import { LazyFile, refuseSameFile } from './output.js';
import { say } from './say.js';

export async function runReport(command: Extract<Command, { kind: 'report' }>): Promise<Ending> {
  const { options, output } = command;
  if (output === undefined) {
    const { header, headerPrinted } = await report(options, process.stdout);
    if (!headerPrinted) say(header);
    return { exitCode: 0 };
  }
  refuseSameFile(options.input, output);
  // Not before the trace is known to be good: the file of an earlier report stays when this one fails.
  const file = new LazyFile(output);
  try {
    const { header, headerPrinted } = await report(options, file);
    file.end();
    await finished(file);
    if (!headerPrinted) say(header);
    return { exitCode: 0 };
  } catch (error) {
    throw file.failure ?? error;
  }
}
