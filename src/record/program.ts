/**
 * Finds the program as a shell does (POSIX Shell Command Language, 2.9.1.4): a word with a slash is a path, any
 * other is searched in PATH. What may not be executed by the user it will run as is told apart from what
 * is not there. Access control lists and mount options (noexec) are left to the kernel.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { EXIT_CANNOT_RUN, EXIT_NOT_FOUND, UtraceError } from '../util/errors.js';
import { quoteWord } from '../util/words.js';
import type { User } from './user.js';

/** The path to open. Throws PROGRAM_NOT_FOUND (127) or PROGRAM_NOT_EXECUTABLE (126). */
export function findProgram(
  word: string,
  user: User | undefined,
  searchPath: string | undefined = process.env.PATH,
): string {
  if (word === '') throw notFound(`the program's name is empty`);
  if (word.includes('/')) {
    const problem = problemOf(word, user);
    if (problem === undefined) return word;
    throw problem === 'not there' ? notFound(`no such program: ${word}`) : cannotRun(word, problem);
  }
  let refused: UtraceError | undefined;
  for (const folder of (searchPath ?? DEFAULT_PATH).split(':')) {
    // An empty entry is the current folder.
    const path = `${folder === '' ? '.' : folder}/${word}`;
    const problem = problemOf(path, user);
    if (problem === undefined) return path;
    if (problem !== 'not there') refused ??= cannotRun(path, problem);
  }
  throw refused ?? notInPath(word);
}

/** What a shell searches where PATH is unset. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** undefined: it can be executed. */
function problemOf(path: string, user: User | undefined): string | undefined {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (error) {
    const errno = (error as NodeJS.ErrnoException).code;
    return errno === 'ENOENT' || errno === 'ENOTDIR' ? 'not there' : `cannot be looked at (${errno})`;
  }
  if (stats.isDirectory()) return 'is a directory';
  if (!stats.isFile()) return 'is not a regular file';
  if ((stats.mode & 0o111) === 0) return 'is not executable';
  if (user === undefined) return callerMayExecute(path) ? undefined : 'may not be executed by you';
  return userMayReach(path, stats, user) ? undefined : `may not be executed by ${user.name}`;
}

function callerMayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Execution of the file and search of every folder above it, by mode bits alone. */
function userMayReach(path: string, stats: Stats, user: User): boolean {
  if (user.uid === 0) return true;
  if (!mayExecute(stats, user)) return false;
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if (!mayExecute(statSync(folder), user)) return false;
    if (folder === '/') return true;
  }
}

function mayExecute(stats: Stats, user: User): boolean {
  if (stats.uid === user.uid) return (stats.mode & 0o100) !== 0;
  if (stats.gid === user.gid || user.groups.includes(stats.gid)) return (stats.mode & 0o010) !== 0;
  return (stats.mode & 0o001) !== 0;
}

function notFound(message: string): UtraceError {
  return new UtraceError({
    code: 'PROGRAM_NOT_FOUND',
    message,
    hint: 'check the path; it is taken from the current folder',
    exitCode: EXIT_NOT_FOUND,
  });
}

function notInPath(word: string): UtraceError {
  const here = statSync(word, { throwIfNoEntry: false })?.isFile() === true;
  return new UtraceError({
    code: 'PROGRAM_NOT_FOUND',
    message: `no program '${word}' in the folders of PATH`,
    hint: here
      ? `it is in the current folder: write ./${quoteWord(word)}`
      : 'give its path, for example ./program',
    exitCode: EXIT_NOT_FOUND,
  });
}

function cannotRun(path: string, problem: string): UtraceError {
  return new UtraceError({
    code: 'PROGRAM_NOT_EXECUTABLE',
    message: `${path} ${problem}`,
    hint: problem === 'is not executable' ? `chmod +x ${quoteWord(path)}` : undefined,
    exitCode: EXIT_CANNOT_RUN,
  });
}
