/**
 * A user by name or number, from the name service (getent(1): files, LDAP, ...), else from /etc/passwd.
 * A number without an entry is refused too: the user's groups could not be looked up. Needs no privilege.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';

/** @throws UtraceError NO_SUCH_USER */
export function findUser(name: string): { uid: number; gid: number } {
  const entry = lookUp(name);
  if (entry !== undefined) return { uid: entry.uid, gid: entry.gid };
  const names = passwordLines([]).flatMap((line) => parseEntry(line)?.name ?? []);
  const near = nearest(name, names);
  throw new UtraceError({
    code: 'NO_SUCH_USER',
    message: `no such user: ${name === '' ? '(empty name)' : name}`,
    hint: near.length > 0 ? `did you mean: ${near.join(', ')}?` : 'list the users with: getent passwd',
  });
}

interface Entry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function lookUp(name: string): Entry | undefined {
  const entries = passwordLines(['--', name]).flatMap((line) => parseEntry(line) ?? []);
  // As getent does: a name before a number.
  return (
    entries.find((entry) => entry.name === name) ??
    entries.find((entry) => /^\d+$/.test(name) && entry.uid === Number(name))
  );
}

/** What `getent passwd` prints for these arguments; where there is no getent, all of /etc/passwd. */
function passwordLines(args: readonly string[]): string[] {
  try {
    return lines(execFileSync('getent', ['passwd', ...args], { encoding: 'utf8', stdio: QUIET }));
  } catch (error) {
    // Status 2: no such entry.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return [];
  }
  try {
    return lines(readFileSync('/etc/passwd', 'utf8'));
  } catch {
    return [];
  }
}

const QUIET: ('ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];

function lines(text: string): string[] {
  return text.split('\n');
}

/** passwd(5): name, password, uid, gid, ... */
function parseEntry(line: string): Entry | undefined {
  const match = /^([^:]+):[^:]*:(\d+):(\d+):/.exec(line);
  return match === null ? undefined : { name: match[1]!, uid: Number(match[2]), gid: Number(match[3]) };
}
