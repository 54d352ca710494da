/** --help and --version where bin/utrace did not answer them: node was started directly. */
import { readFileSync } from 'node:fs';
import type { CommandEnd } from './command-end.js';
import type { RawOptions } from './parse.js';

/** Prints what was asked for; undefined: nothing was. */
export function helpAskedFor({ flags, mode }: RawOptions): CommandEnd | undefined {
  const page = mode === 'record' || mode === 'report' ? mode : 'utrace';
  const file = flags.has('help') ? `help/${page}.txt` : flags.has('version') ? 'version.txt' : undefined;
  if (file === undefined) return undefined;
  process.stdout.write(readFileSync(new URL(file, import.meta.url)));
  return { exitCode: 0, signal: undefined };
}
