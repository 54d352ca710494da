/** `utrace --list`: what would be probed, and why the rest is not. Runs nothing, needs no privilege. */
import { finished } from 'node:stream/promises';
import { listPlan } from '../record/listing.js';
import { planOf } from '../record/record.js';
import { ReportOutput } from '../report/output.js';
import type { Command } from './command-line.js';
import type { Ending } from './exit.js';
import { openOutput } from './output.js';
import { say } from './say.js';

export async function runList(command: Extract<Command, { kind: 'list' }>): Promise<Ending> {
  const plan = planOf(command.options);
  for (const note of plan.notes) say(note);
  const stream = command.output === undefined ? process.stdout : openOutput(command.output);
  const output = new ReportOutput(stream);
  for (const chunk of listPlan(plan)) {
    output.write(chunk);
    if (output.full) await output.drained();
    if (output.closed) break;
  }
  await output.finish();
  if (stream !== process.stdout) {
    stream.end();
    await finished(stream);
  }
  return { exitCode: 0 };
}
