/**
 * One thread's blocks on their way into the file. A block that is full, or large enough at a commit, is
 * compressed and sealed; a small one is stored plainly, and its row is rewritten at the next commit with
 * what came since. So a slow thread costs one block for seconds, not a tiny block a second, and the
 * rewriting stays below `SEAL_EVENTS` events a commit.
 */
import type Database from 'better-sqlite3';
import type { ThreadId } from '../util/units.js';
import { BlockEncoder } from './block.js';

/** From here on a block compresses about as well as a full one. */
const SEAL_EVENTS = 8192;

export class BlockWriter {
  encoder = new BlockEncoder();
  private sequence = 0;
  /** The row of the unsealed block in the file, and how many events it holds. */
  private row: number | bigint | undefined;
  private savedEvents = 0;

  constructor(
    private readonly db: Database.Database,
    private readonly thread: ThreadId,
  ) {}

  /** At a commit: stores what is new. */
  save(): void {
    if (this.encoder.events >= SEAL_EVENTS) this.seal();
    else if (this.encoder.events > this.savedEvents) this.write(false);
  }

  /** Stores the block for good and starts the next. */
  seal(): void {
    if (this.encoder.events === 0) return;
    this.write(true);
    this.encoder.next();
    this.row = undefined;
    this.savedEvents = 0;
    this.sequence++;
  }

  /** The thread is over: seals, and gives the buffers back. */
  end(): void {
    this.seal();
    this.encoder = new BlockEncoder();
  }

  private write(compress: boolean): void {
    const block = this.encoder.encode(compress);
    const values = [
      block.firstTime,
      block.lastTime,
      block.events,
      block.calls,
      block.depth,
      block.compression,
      block.stack,
      block.codes,
      block.timeHigh,
      block.timeLow,
    ];
    const statements = statementsOf(this.db);
    if (this.row === undefined) {
      this.row = statements.insert.run(this.thread, this.sequence, ...values).lastInsertRowid;
    } else {
      statements.update.run(...values, this.row);
    }
    this.savedEvents = block.events;
  }
}

interface BlockStatements {
  readonly insert: Database.Statement;
  readonly update: Database.Statement;
}

/** Prepared once a connection, not once a thread. */
const prepared = new WeakMap<Database.Database, BlockStatements>();

function statementsOf(db: Database.Database): BlockStatements {
  const known = prepared.get(db);
  if (known !== undefined) return known;
  const statements = {
    insert: db.prepare(
      `INSERT INTO block (thread, sequence, first_time, last_time, events, calls, depth, compression,
        stack, codes, time_high, time_low) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    update: db.prepare(
      `UPDATE block SET first_time = ?, last_time = ?, events = ?, calls = ?, depth = ?, compression = ?,
        stack = ?, codes = ?, time_high = ?, time_low = ? WHERE id = ?`,
    ),
  };
  prepared.set(db, statements);
  return statements;
}
