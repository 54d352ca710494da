/**
 * The command that repeats this very run as root. Node and script are absolute, because sudo's secure path
 * hides a node that lives in a home directory (nvm, fnm, volta).
 */
import { quoteWord } from '../util/shell-quote.js';

export function sudoCommand(argv: readonly string[] = process.argv): string {
  return ['sudo', process.execPath, ...process.execArgv, ...argv.slice(1)].map(quoteWord).join(' ');
}
