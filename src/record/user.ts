/**
 * Looks up the user of -u. getent(1) and id(1) ask the name service, so that users of LDAP and systemd are
 * found as well; where there is no getent (musl), /etc/passwd is read.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';
import { nearest } from '../util/nearest.js';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; `gid` is among them. */
  readonly groups: readonly number[];
}

/** `name` is a name or a uid. Throws UNKNOWN_USER. */
export function findUser(name: string): User {
  const entry = parsePasswd(output('getent', ['passwd', '--', name])).at(0) ?? inPasswdFile(name);
  if (entry === undefined) {
    const near = nearest(
      name,
      passwdFile().map((user) => user.name),
    );
    throw new UtraceError({
      code: 'UNKNOWN_USER',
      message: `there is no user '${name}'`,
      hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'see all users: getent passwd',
    });
  }
  const groups = output('id', ['-G', '--', entry.name]).trim().split(/\s+/).filter(Boolean).map(Number);
  return { ...entry, groups: groups.length > 0 ? groups : [entry.gid] };
}

/** Rows of passwd(5): name, password, uid, gid, ... separated by colons. */
export function parsePasswd(text: string): Omit<User, 'groups'>[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (!name || !uid || !gid) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

function inPasswdFile(name: string): Omit<User, 'groups'> | undefined {
  return passwdFile().find((user) => user.name === name || String(user.uid) === name);
}

function passwdFile(): Omit<User, 'groups'>[] {
  try {
    return parsePasswd(readFileSync('/etc/passwd', 'utf8'));
  } catch {
    return [];
  }
}

/** Empty where the program fails or is not there. */
function output(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}
