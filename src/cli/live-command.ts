/** `utrace` without --record and --report: the call graph while the target runs, on stderr or in a file. */
import { finished } from 'node:stream/promises';
import { record } from '../record/record.js';
import { LiveCallGraph } from '../report/live.js';
import type { Command } from './command-line.js';
import type { Ending } from './exit.js';
import { openOutput, outputFailure } from './output.js';
import { resultLine } from './result-line.js';
import { say } from './say.js';

export async function runLive(command: Extract<Command, { kind: 'live' }>): Promise<Ending> {
  const { options, view, output } = command;
  const stream = output === undefined ? process.stderr : openOutput(output);
  let failure: NodeJS.ErrnoException | undefined;
  stream.on('error', (error) => {
    failure ??= error;
  });
  const result = await record(options, { kind: 'live', sink: new LiveCallGraph(view, stream) }, say);
  if (output !== undefined) {
    stream.end();
    await finished(stream).catch(() => {});
    if (failure !== undefined && failure.code !== 'EPIPE') throw outputFailure(output, failure);
  }
  say(resultLine(result));
  return result;
}
