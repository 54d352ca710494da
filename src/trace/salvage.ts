/** What is left of a damaged trace, and the command that saves it. */
import Database from 'better-sqlite3';
import { UtraceError } from '../util/errors.js';

/** The error for a trace that SQLite or the block codec finds inconsistent. */
export function damaged(path: string, what: string, cause?: unknown): UtraceError {
  const calls = countReadable(path);
  return new UtraceError({
    code: 'TRACE_DAMAGED',
    message: `${path} is damaged or cut off: ${what}; ${
      calls > 0 ? `${calls} calls can still be read from it` : 'no call can be read from it'
    }`,
    hint:
      calls > 0
        ? `sqlite3 ${path} .recover | sqlite3 rescued.data; utrace --report -i rescued.data`
        : 'record it again',
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

/**
 * Calls in the blocks that SQLite still delivers, up to the first that it does not. `writable_schema`
 * makes SQLite read a file that is shorter than its header says (btree.c, lockBtree).
 */
function countReadable(path: string): number {
  let calls = 0;
  try {
    const db = new Database(path, { readonly: true });
    try {
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
