/** `utrace --list`: the probe plan; nothing is run, no privilege is needed. */
import { formatListing } from '../record/listing.js';
import { prepareTarget } from '../record/prepare-target.js';
import { ReportOutput } from '../report/output.js';
import type { CommandEnd } from './command-end.js';
import { recordOptions } from './normalise.js';
import type { RawOptions } from './parse.js';
import { say } from './say.js';

export async function runList(raw: RawOptions): Promise<CommandEnd> {
  const { plan } = await prepareTarget(recordOptions(raw));
  for (const note of plan.notes) say(note);
  const output = new ReportOutput(process.stdout);
  formatListing(plan, output.write);
  await output.finish();
  return { exitCode: 0, signal: undefined };
}
