/**
 * Writes a trace. The main thread creates it with the tables that are known beforehand; the drain worker
 * opens the same file and streams events into it. While writing the journal is a WAL: readers never block
 * the writer, and a recorder killed with SIGKILL leaves a file readable to the last commit. `finish` folds
 * the WAL in, so that a finished trace is one file that a read-only directory can hold.
 * `synchronous = OFF`: a trace survives the death of its recorder, not a power cut.
 */
import Database from 'better-sqlite3';
import type { FunctionId, Ns, ProcessId, ThreadId } from '../util/units.js';
import { BLOCK_EVENTS } from './block.js';
import { BlockWriter } from './block-writer.js';
import { createTraceFile, type Owner } from './create.js';
import { headerToMeta } from './header.js';
import type {
  EventSink,
  Leave,
  ProbeCost,
  ProbeState,
  ProcessEnd,
  TraceFunction,
  TraceHeader,
  TraceLoss,
  TraceMapping,
  TraceModule,
  TraceProcess,
  TraceStop,
  TraceThread,
} from './model.js';
import { META_END_TIME, META_EVENTS, META_LAST_TIME } from './schema.js';
import { writing } from './sqlite-errors.js';

export class TraceWriter implements EventSink {
  private readonly blocks: (BlockWriter | undefined)[] = [];
  private readonly statements = new Map<string, Database.Statement>();
  private lastTime = 0;
  private committedTime = -1;

  private constructor(
    readonly path: string,
    private readonly db: Database.Database,
  ) {}

  /** Creates the file, replacing an older trace; throws a UtraceError where that cannot or must not be. */
  static create(path: string, header: TraceHeader, owner?: Owner): TraceWriter {
    const writer = new TraceWriter(path, createTraceFile(path, owner));
    writer.insertAll('INSERT INTO meta VALUES (?, ?)', headerToMeta(header), (row) => row);
    writing(path, () => prepare(writer.db));
    return writer;
  }

  /** Continues a file made by `create`, from this or another thread. */
  static open(path: string): TraceWriter {
    return writing(path, () => {
      const db = new Database(path, { fileMustExist: true });
      prepare(db);
      return new TraceWriter(path, db);
    });
  }

  /** The engine is known only when the kernel took the programs. */
  setEngine(engine: TraceHeader['engine']): void {
    this.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', 'engine', engine);
  }

  addModules(modules: readonly TraceModule[]): void {
    this.insertAll('INSERT INTO module VALUES (?, ?, ?, ?, ?)', modules, (m) => [
      m.id,
      m.path,
      m.kind,
      m.buildId ?? null,
      m.stripped ? 1 : 0,
    ]);
  }

  addFunctions(functions: readonly TraceFunction[]): void {
    this.insertAll('INSERT INTO function VALUES (?, ?, ?, ?, ?, ?, ?, ?)', functions, (f) => [
      f.id,
      f.module,
      f.name,
      f.symbol,
      f.kind,
      f.library ?? null,
      f.address,
      f.size,
    ]);
  }

  /** One state a function, the first being that of `first`. */
  addProbes(states: readonly ProbeState[], first = 0 as FunctionId): void {
    this.insertAll('INSERT INTO probe VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', states, (state, i) =>
      probeRow((first + i) as FunctionId, state),
    );
  }

  addProbeCosts(costs: Iterable<ProbeCost>): void {
    this.insertAll('INSERT INTO probe_cost VALUES (?, ?, ?, ?)', [...costs], (cost) => [
      cost.kind,
      cost.inside,
      cost.outside,
      cost.entryOnly,
    ]);
  }

  addProcess(process: TraceProcess): void {
    this.run(
      'INSERT INTO process (id, pid, parent_pid, executable, start) VALUES (?, ?, ?, ?, ?)',
      process.id,
      process.pid,
      process.parentPid,
      process.executable,
      process.start,
    );
  }

  endProcess(process: ProcessId, end: ProcessEnd): void {
    this.run(
      'UPDATE process SET end = ?, exit_code = ?, signal = ? WHERE id = ?',
      end.time,
      end.exitCode ?? null,
      end.signal ?? null,
      process,
    );
  }

  addThread(thread: TraceThread): void {
    this.run(
      'INSERT INTO thread (id, process, tid, name, start) VALUES (?, ?, ?, ?, ?)',
      thread.id,
      thread.process,
      thread.tid,
      thread.name,
      thread.start,
    );
  }

  renameThread(thread: ThreadId, name: string): void {
    this.run('UPDATE thread SET name = ? WHERE id = ?', name, thread);
  }

  /** Calls still open are closed by replay at this time; the thread's buffers are freed. */
  endThread(thread: ThreadId, time: Ns): void {
    this.run('UPDATE thread SET end = ? WHERE id = ?', time, thread);
    const block = this.blocks[thread];
    if (block !== undefined) writing(this.path, () => block.end());
  }

  addMapping(m: TraceMapping): void {
    this.run(
      'INSERT INTO mapping (process, module, start, end, file_offset, time) VALUES (?, ?, ?, ?, ?, ?)',
      m.process,
      m.module,
      m.start,
      m.end,
      m.offset,
      m.time,
    );
  }

  addLoss(loss: TraceLoss): void {
    this.run(
      'INSERT INTO loss (from_time, to_time, count, cause) VALUES (?, ?, ?, ?)',
      loss.from,
      loss.to,
      loss.count,
      loss.cause,
    );
  }

  addStop(stop: TraceStop): void {
    this.run('INSERT INTO stop (time, duration) VALUES (?, ?)', stop.time, stop.duration);
  }

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    const block = this.blocks[thread] ?? this.addBlocks(thread);
    block.encoder.enter(time, fn);
    if (block.encoder.events === BLOCK_EVENTS) writing(this.path, () => block.seal());
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    const block = this.blocks[thread] ?? this.addBlocks(thread);
    block.encoder.leave(time, how);
    if (block.encoder.events === BLOCK_EVENTS) writing(this.path, () => block.seal());
  }

  advance(time: Ns): void {
    if (time > this.lastTime) this.lastTime = time;
  }

  /** Makes all events so far readable. To be called at least once a second; cheap when nothing came. */
  commit(): void {
    this.transaction(() => {
      for (const block of this.blocks) block?.save();
      this.saveTime();
    });
  }

  /** Writes everything, marks the trace as finished at `endTime` and closes it as a single file. */
  finish(endTime: Ns): void {
    this.advance(endTime);
    this.transaction(() => {
      for (const block of this.blocks) block?.end();
      this.saveTime();
      this.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', META_END_TIME, String(endTime));
      this.run('INSERT OR REPLACE INTO meta SELECT ?, coalesce(sum(events), 0) FROM block', META_EVENTS);
    });
    this.foldJournal();
    this.close();
  }

  /** Leaves the file as it is at the last commit. */
  close(): void {
    this.db.close();
  }

  private addBlocks(thread: ThreadId): BlockWriter {
    const block = new BlockWriter(this.db, thread);
    this.blocks[thread] = block;
    return block;
  }

  private saveTime(): void {
    if (this.lastTime === this.committedTime) return;
    this.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', META_LAST_TIME, String(this.lastTime));
    this.committedTime = this.lastTime;
  }

  /** Needs the file alone. With a live reader the WAL stays until the last of them closes; readers cope. */
  private foldJournal(): void {
    try {
      this.db.pragma('busy_timeout = 200');
      this.db.pragma('wal_checkpoint(TRUNCATE)');
      this.db.pragma('journal_mode = DELETE');
    } catch {
      // SQLITE_BUSY or a full disk: every event is in the WAL beside the file.
    }
  }

  private run(sql: string, ...values: (string | number | null)[]): void {
    writing(this.path, () => this.statement(sql).run(...values));
  }

  private insertAll<Item>(
    sql: string,
    items: readonly Item[],
    toRow: (item: Item, index: number) => readonly (string | number | null)[],
  ): void {
    this.transaction(() => {
      const statement = this.statement(sql);
      for (let i = 0; i < items.length; i++) statement.run(...toRow(items[i] as Item, i));
    });
  }

  private transaction(action: () => void): void {
    writing(this.path, () => this.db.transaction(action).immediate());
  }

  private statement(sql: string): Database.Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }
}

/** The main thread and the drain worker may both write for a moment: each waits for the other. */
function prepare(db: Database.Database): void {
  db.pragma('busy_timeout = 10000');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = OFF');
  db.pragma('foreign_keys = OFF');
}

/** function, status, module, file_offset, entry_offset, returns, instruction, reason, errno */
function probeRow(fn: FunctionId, state: ProbeState): (string | number | null)[] {
  switch (state.status) {
    case 'probed':
      return [
        fn,
        state.status,
        state.module,
        state.offset,
        state.entry,
        state.returns ? 1 : 0,
        state.instruction,
        state.reason,
        null,
      ];
    case 'skipped':
      return [fn, state.status, null, null, null, null, null, state.reason, null];
    case 'failed':
      return [fn, state.status, null, state.offset, null, null, null, null, state.errno];
  }
}
