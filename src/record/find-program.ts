/**
 * Looks a program up as a shell does: a word with a slash is a path, any other is searched in PATH. Finds also
 * whether it can be run, by this process or by the user it shall run as, and read, for its symbols. What
 * the file is (a script, another machine's program) is told by the ELF reader.
 */
import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { delimiter, dirname, resolve } from 'node:path';
import { EXIT_CANNOT_RUN, UtraceError } from '../util/errors.js';
import { quoteWord } from '../util/shell-quote.js';
import { noSuchProgram } from './no-such-program.js';

interface RunningUser {
  readonly uid: number;
  readonly gid: number;
}

/** Absolute path. @throws UtraceError NO_SUCH_PROGRAM (127), CANNOT_RUN, FILE_NOT_READABLE (126) */
export function findProgram(word: string, user?: RunningUser): string {
  const directories = searchPath();
  const candidates = word.includes('/')
    ? [resolve(word)]
    : directories.map((directory) => resolve(directory, word));
  let refused: { path: string; obstacle: Obstacle } | undefined;
  for (const path of word === '' ? [] : candidates) {
    const obstacle = findObstacle(path, user);
    if (obstacle === undefined) {
      requireReadable(path);
      return path;
    }
    if (obstacle.kind === 'missing') continue;
    // A directory that bears the name is no program of PATH.
    if (obstacle.kind === 'directory' && !word.includes('/')) continue;
    refused ??= { path, obstacle };
  }
  throw refused === undefined ? noSuchProgram(word, directories) : cannotRun(refused.path, refused.obstacle);
}

/** What dash searches when PATH is unset. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

function searchPath(): string[] {
  // An empty entry is the working directory, and `resolve` reads it so.
  return (process.env.PATH ?? DEFAULT_PATH).split(delimiter);
}

type Obstacle =
  | { readonly kind: 'missing' | 'directory' | 'special file' | 'mode' | 'forbidden' }
  | { readonly kind: 'closed'; readonly directory: string; readonly user: RunningUser }
  | { readonly kind: 'errno'; readonly errno: string };

function findObstacle(path: string, user: RunningUser | undefined): Obstacle | undefined {
  const stats = statOf(path);
  if (typeof stats === 'string') {
    return /^(ENOENT|ENOTDIR)$/.test(stats) ? { kind: 'missing' } : { kind: 'errno', errno: stats };
  }
  if (stats.isDirectory()) return { kind: 'directory' };
  if (!stats.isFile()) return { kind: 'special file' };
  if ((stats.mode & 0o111) === 0) return { kind: 'mode' };
  if (user === undefined) return allows(path, constants.X_OK) ? undefined : { kind: 'forbidden' };
  const directory = closedDirectory(path, user);
  if (directory !== undefined) return { kind: 'closed', directory, user };
  return mayBeExecutable(stats, user) ? undefined : { kind: 'forbidden' };
}

function statOf(path: string): Stats | string {
  try {
    return statSync(path);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'error';
  }
}

function closedDirectory(path: string, user: RunningUser): string | undefined {
  const directory = dirname(path);
  if (directory === path) return undefined;
  const above = closedDirectory(directory, user);
  if (above !== undefined) return above;
  const stats = statOf(directory);
  return typeof stats === 'string' || mayBeExecutable(stats, user) ? undefined : directory;
}

/** The mode bits only rule out: supplementary groups and access lists may grant what the group bits show. */
function mayBeExecutable(stats: Stats, user: RunningUser): boolean {
  if (user.uid === 0) return true;
  return (stats.mode & (stats.uid === user.uid ? 0o100 : stats.gid === user.gid ? 0o010 : 0o011)) !== 0;
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function requireReadable(path: string): void {
  if (allows(path, constants.R_OK)) return;
  throw new UtraceError({
    code: 'FILE_NOT_READABLE',
    message: `cannot read ${path}: it can be run, but its symbols cannot be seen`,
    hint: `run utrace as root, or: chmod +r ${quoteWord(path)}`,
    exitCode: EXIT_CANNOT_RUN,
  });
}

function cannotRun(path: string, obstacle: Obstacle): UtraceError {
  return new UtraceError({
    code: 'CANNOT_RUN',
    exitCode: EXIT_CANNOT_RUN,
    ...describeObstacle(path, obstacle),
  });
}

function describeObstacle(path: string, obstacle: Obstacle): { message: string; hint?: string } {
  switch (obstacle.kind) {
    case 'missing':
      return { message: `no such file: ${path}` };
    case 'directory':
      return {
        message: `cannot run ${path}: it is a directory`,
        hint: `name a program in it: ls ${quoteWord(path)}`,
      };
    case 'special file':
      return { message: `cannot run ${path}: it is not a regular file` };
    case 'mode':
      return {
        message: `cannot run ${path}: it is not executable`,
        hint: `if it is a program: chmod +x ${quoteWord(path)}`,
      };
    case 'forbidden':
      return {
        message: `cannot run ${path}: the user it runs as may not execute it, or its file system is mounted noexec`,
        hint: `see its mode: ls -l ${quoteWord(path)}; for everyone: chmod a+x ${quoteWord(path)}`,
      };
    case 'closed':
      return {
        message: `cannot run ${path}: user ${obstacle.user.uid} may not enter ${obstacle.directory}`,
        hint: 'copy the program to a place that the user can reach, for example /tmp',
      };
    case 'errno':
      return { message: `cannot run ${path}: ${obstacle.errno}` };
    default:
      return obstacle satisfies never;
  }
}
