/**
 * The program behind bin/utrace, which answers --help and --version itself. Parses, runs one command, prints
 * its errors and leaves with its status.
 */
import type { CommandEnd } from './command-end.js';
import { leave } from './exit.js';
import type { RawOptions } from './parse.js';
import { printError } from './print-error.js';

const argv = process.argv.slice(2);
try {
  const { parseCommandLine } = await import('./parse.js');
  const raw = parseCommandLine(argv);
  const { helpAskedFor } = await import('./help-command.js');
  const end = helpAskedFor(raw) ?? (await runCommand(raw));
  await leave(end.exitCode, end.signal);
} catch (error) {
  // The options may be what failed, so --debug is looked up by hand.
  await leave(printError(error, argv.includes('--debug') || argv.includes('-d')), undefined);
}

async function runCommand(raw: RawOptions): Promise<CommandEnd> {
  switch (raw.mode) {
    case 'live':
      return (await import('./command-live.js')).runLive(raw);
    case 'record':
      return (await import('./command-record.js')).runRecord(raw);
    case 'report':
      return (await import('./command-report.js')).runReport(raw);
    case 'summary':
      return (await import('./command-summary.js')).runSummary(raw);
    case 'list':
      return (await import('./command-list.js')).runList(raw);
  }
}
