/**
 * The place where a new trace goes. An older utrace trace there is replaced, an empty file too; anything
 * else that exists is somebody's file and is refused. The tables stand in the main file before the WAL
 * begins, so that even a recorder killed at once leaves a file that says what it is.
 */
import { chownSync, closeSync, openSync, readSync, realpathSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { UtraceError } from '../util/errors.js';
import { quoteWord } from '../util/shell-quote.js';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.js';
import { writing } from './sqlite-errors.js';

/** Whom the file belongs to, where that is not the caller (under sudo: the invoking user). */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

export function createTraceFile(requested: string, owner: Owner | undefined): Database.Database {
  const path = clearPlace(requested);
  touch(path);
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  return writing(path, () => {
    const db = new Database(path);
    db.pragma('synchronous = OFF');
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
    db.exec(SCHEMA);
    return db;
  });
}

/** The first 100 bytes of a SQLite file: magic at 0, application id at 68 (big-endian). */
export function fileKind(path: string): 'trace' | 'sqlite' | 'empty' | 'other' {
  const header = Buffer.alloc(100);
  const fd = openSync(path, 'r');
  try {
    const length = readSync(fd, header, 0, header.length, 0);
    if (length === 0) return 'empty';
    if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') return 'other';
    return header.readUInt32BE(68) === APPLICATION_ID ? 'trace' : 'sqlite';
  } finally {
    closeSync(fd);
  }
}

/** Removes what may be replaced and returns the real path (a symbolic link stays one). */
function clearPlace(requested: string): string {
  const status = statSync(requested, { throwIfNoEntry: false });
  if (status === undefined) {
    removeLeftovers(requested);
    return requested;
  }
  const path = realpathSync(requested);
  if (!status.isFile()) {
    throw new UtraceError({
      code: 'TRACE_NOT_A_FILE',
      message: `cannot write the trace to ${requested}: it is ${status.isDirectory() ? 'a directory' : 'not a regular file'}`,
      hint: 'a trace is a database and needs a regular file: -o utrace.data',
    });
  }
  const kind = attempt(path, () => fileKind(path));
  if (kind === 'sqlite' || kind === 'other') {
    throw new UtraceError({
      code: 'TRACE_EXISTS',
      message: `${requested} exists and is not a utrace trace: it is left alone`,
      hint: `choose another name (-o other.data), or remove it first: rm ${quoteWord(requested)}`,
    });
  }
  attempt(path, () => rmSync(path));
  removeLeftovers(path);
  return path;
}

/** A WAL of a killed recorder must never be read into the new file. */
function removeLeftovers(path: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) {
    attempt(path, () => rmSync(path + suffix, { force: true }));
  }
}

/** Creates the file with the plain errno of open(2), which says more than SQLITE_CANTOPEN. */
function touch(path: string): void {
  attempt(path, () => closeSync(openSync(path, 'wx', 0o644)));
}

function attempt<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new UtraceError({
      code: 'TRACE_NOT_WRITABLE',
      message: `cannot create the trace ${path}: ${code}`,
      hint:
        code === 'ENOENT'
          ? 'the directory does not exist: create it, or name another place with -o'
          : 'choose a directory that you may write to: -o /tmp/utrace.data',
      cause,
    });
  }
}
