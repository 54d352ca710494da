/** `utrace --list`: the probe plan; nothing is run, no privilege is needed. */
import { formatListing } from '../record/listing.js';
import { planOf } from '../record/record.js';
import type { CommandEnd } from './main.js';
import { recordOptions } from './normalise.js';
import type { RawOptions } from './parse.js';
import { say } from './say.js';

export async function runList(raw: RawOptions): Promise<CommandEnd> {
  const plan = planOf(recordOptions(raw));
  for (const note of plan.notes) say(note);
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', () => process.exit(0));
  formatListing(plan, (chunk) => process.stdout.write(chunk));
  return { exitCode: 0, signal: undefined };
}
