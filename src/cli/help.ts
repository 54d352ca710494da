/** `--help` and `--version` where the launcher did not answer them (`-dh`, or node started directly). */

import { version } from '../util/version.js';
import type { Command } from './command-line.js';
import type { Ending } from './exit.js';
import { helpText } from './help-text.js';

export function printHelp(command: Extract<Command, { kind: 'help' | 'version' }>): Ending {
  process.stdout.write(command.kind === 'version' ? `${versionText(version())}` : helpText(command.topic));
  return { exitCode: 0 };
}

export function versionText(number: string): string {
  return `utrace ${number}\n`;
}
