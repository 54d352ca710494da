/** What is left of a damaged trace, and the command that saves it. */
import Database from 'better-sqlite3';
import { UtraceError } from '../util/errors.js';
import { quoteWord } from '../util/shell-quote.js';
import { APPLICATION_ID, SCHEMA_VERSION } from './schema.js';

/** The error for a trace that SQLite or the block codec finds inconsistent. */
export function damaged(path: string, what: string, cause?: unknown): UtraceError {
  const calls = countReadable(path);
  return new UtraceError({
    code: 'TRACE_DAMAGED',
    message: `${path} is damaged or cut off: ${what}; ${
      calls > 0 ? `${calls} calls can still be read from it` : 'no call can be read from it'
    }`,
    hint: calls > 0 ? rescue(path) : 'record it again',
    cause,
  });
}

/** The error for a block whose bytes contradict themselves, in a file that SQLite finds sound. */
export function damagedBlock(path: string, row: number, span: string, cause: Error): UtraceError {
  return new UtraceError({
    code: 'TRACE_DAMAGED',
    message: `${path} is damaged: block ${row} (${span}): ${cause.message}; the other blocks may be sound`,
    hint: `leave the block out, in a copy: sqlite3 copy.data "DELETE FROM block WHERE id = ${row}"`,
    cause,
  });
}

/** `.dump`, because `.recover` of the shell in Debian 12 (3.40.1) fails on every file; it omits the two ids. */
function rescue(path: string): string {
  const ids = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`;
  const dump = `sqlite3 -cmd 'PRAGMA writable_schema = ON' ${quoteWord(path)} .dump`;
  return `(echo '${ids}'; ${dump} | sed 's/^ROLLBACK.*/COMMIT;/') | sqlite3 rescued.data`;
}

/**
 * Calls in the blocks that SQLite still delivers, up to the first that it does not. `writable_schema`
 * makes SQLite read a file that is shorter than its header says (btree.c, lockBtree); better-sqlite3
 * allows it in unsafe mode only.
 */
function countReadable(path: string): number {
  let calls = 0;
  try {
    const db = new Database(path, { readonly: true });
    try {
      db.unsafeMode(true);
      db.pragma('writable_schema = ON');
      for (const row of db.prepare<[], { calls: unknown }>('SELECT calls, codes FROM block').iterate()) {
        if (typeof row.calls === 'number') calls += row.calls;
      }
    } finally {
      db.close();
    }
  } catch {
    // Here the readable part ends.
  }
  return calls;
}
