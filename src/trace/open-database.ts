/**
 * Opens a trace file for reading and says what is wrong with it where it is none. A finished trace is one
 * file; an unfinished one (recorder at work, or killed) has a WAL beside it, which SQLite reads only where
 * it may create the shared memory file: in a read-only directory a copy in a temporary folder is read.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { UtraceError } from '../util/errors.js';
import { fileKind } from './create.js';
import { damaged } from './salvage.js';
import { SCHEMA_VERSION } from './schema.js';
import { sqliteCode } from './sqlite-errors.js';

export interface OpenedDatabase {
  readonly db: Database.Database;
  /** Closes, and removes the copy if one was made. */
  close(): void;
}

export function openDatabase(path: string): OpenedDatabase {
  checkKind(path);
  const opened = connect(path);
  try {
    const version = opened.db.pragma('user_version', { simple: true });
    if (typeof version === 'number' && version > SCHEMA_VERSION) throw newer(path, version);
    if (version !== SCHEMA_VERSION) throw damaged(path, `format version ${version}`);
    return opened;
  } catch (cause) {
    opened.close();
    throw cause instanceof UtraceError ? cause : damaged(path, (cause as Error).message, cause);
  }
}

function checkKind(path: string): void {
  const kind = probeKind(path);
  if (kind === 'trace') return;
  const what = {
    empty: 'is empty: its recorder ended before it began',
    sqlite: 'is a SQLite database, but not a trace of utrace',
    other: 'is not a trace of utrace',
  }[kind];
  throw new UtraceError({
    code: 'TRACE_FOREIGN',
    message: `${path} ${what}`,
    hint: 'name the trace with -i FILE, or record one: utrace --record -c "CMD ARGS"',
  });
}

function probeKind(path: string): ReturnType<typeof fileKind> {
  try {
    if (statSync(path).isFile()) return fileKind(path);
    return 'other';
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    if (code === 'ENOENT') {
      throw new UtraceError({
        code: 'TRACE_MISSING',
        message: `there is no trace ${path}`,
        hint: 'record one first: utrace --record -c "CMD ARGS", or name it with -i FILE',
        cause,
      });
    }
    throw new UtraceError({
      code: 'TRACE_UNREADABLE',
      message: `cannot read the trace ${path}: ${code}`,
      hint: code === 'EACCES' ? 'its owner may let you: chmod a+r on the file' : undefined,
      cause,
    });
  }
}

/** A first query, because SQLite opens the file only then; the read transaction is one snapshot for all. */
function connect(path: string): OpenedDatabase {
  const db = new Database(path, { readonly: true });
  try {
    begin(db);
    return { db, close: () => db.close() };
  } catch (cause) {
    db.close();
    const code = sqliteCode(cause);
    if (code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_READONLY')) return connectCopy(path);
    throw damaged(path, (cause as Error).message, cause);
  }
}

function begin(db: Database.Database): void {
  db.pragma('busy_timeout = 5000');
  db.exec('BEGIN');
  db.prepare('SELECT count(*) FROM sqlite_master').get();
}

function connectCopy(path: string): OpenedDatabase {
  const folder = mkdtempSync(join(tmpdir(), 'utrace-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, basename(path));
    copyFileSync(path, copy);
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
    const db = new Database(copy);
    begin(db);
    return {
      db,
      close() {
        db.close();
        remove();
      },
    };
  } catch (cause) {
    remove();
    throw damaged(path, (cause as Error).message, cause);
  }
}

function newer(path: string, version: number): UtraceError {
  return new UtraceError({
    code: 'TRACE_NEWER',
    message: `${path} has format version ${version}, this utrace reads up to ${SCHEMA_VERSION}`,
    hint: 'read it with the utrace that recorded it, or a later one: npm install -g utrace',
  });
}
