/**
 * The same command line, as root, to be pasted into a shell. sudo resets PATH (secure_path), which hides a node
 * that was installed by nvm below a home folder: such a node is named to the launcher.
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteWords } from '../util/words.js';

export function sudoCommand(
  args: readonly string[] = process.argv.slice(2),
  node: string = process.execPath,
  launcher: string = fileURLToPath(new URL('../../bin/utrace', import.meta.url)),
): string {
  const found = SECURE_PATH.includes(dirname(node));
  const words = found ? ['sudo', launcher] : ['sudo', 'env', `UTRACE_NODE=${node}`, launcher];
  return quoteWords([...words, ...args]);
}

/** What sudo's own PATH holds on Debian, Ubuntu and Fedora. */
const SECURE_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
