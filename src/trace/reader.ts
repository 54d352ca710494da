/**
 * Reads a trace: the small tables at once, the event blocks one by one when they are due. The whole reader
 * sees one snapshot, so a trace that is still being recorded reads like one that ended at the last commit.
 * What the file says is checked: damage becomes a UtraceError that tells what can be saved.
 */
import type Database from 'better-sqlite3';
import { UtraceError } from '../util/errors.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';
import type { EncodedBlock } from './block.js';
import { BlockCursor, BlockDamage, decodeStack } from './cursor.js';
import { metaToHeader } from './header.js';
import type {
  ProbeCost,
  ProbeState,
  TraceFunction,
  TraceHeader,
  TraceLoss,
  TraceMapping,
  TraceModule,
} from './model.js';
import { type OpenedDatabase, openDatabase } from './open-database.js';
import * as rows from './rows.js';
import { damaged, damagedBlock } from './salvage.js';
import { META_END_TIME, META_EVENTS, META_LAST_TIME } from './schema.js';

export function openTrace(path: string): TraceReader {
  const opened = openDatabase(path);
  try {
    return new TraceReader(path, opened);
  } catch (cause) {
    opened.close();
    throw cause instanceof UtraceError ? cause : damaged(path, (cause as Error).message, cause);
  }
}

export class TraceReader {
  readonly header: TraceHeader;
  /** The recorder wrote its last word; false: killed, or still at work. */
  readonly finished: boolean;
  /** The end of the trace; unfinished: the last time committed. */
  readonly endTime: Ns;
  readonly modules: readonly TraceModule[];
  /** By id; an id that the file does not define is a hole. */
  readonly functions: readonly (TraceFunction | undefined)[];
  readonly processes: readonly rows.ReadProcess[];
  /** By id. */
  readonly threads: readonly (rows.ReadThread | undefined)[];
  readonly losses: readonly TraceLoss[];
  /** Time that back-pressure held the target, in no time of the trace. */
  readonly stopped: Ns;
  readonly coverage: rows.Coverage;
  readonly calls: number;
  readonly events: number;
  /** Events that the recorder wrote and the file has no more: it was damaged and rescued. */
  readonly missing: number;
  private readonly db: Database.Database;
  private readonly blockStatement: Database.Statement<[number, number], rows.BlockRow>;
  private readonly timeStatement: Database.Statement<[number, number], { first_time: number }>;

  constructor(
    readonly path: string,
    private readonly opened: OpenedDatabase,
  ) {
    const { db } = opened;
    this.db = db;
    const meta = rows.readMeta(db);
    this.header = metaToHeader(meta);
    this.finished = meta.has(META_END_TIME);
    this.modules = rows.readModules(db);
    this.functions = rows.readFunctions(db);
    this.processes = rows.readProcesses(db);
    this.threads = rows.readThreads(db);
    this.losses = rows.readLosses(db);
    this.stopped = rows.readStopped(db);
    this.coverage = rows.readCoverage(db);
    const totals = rows.readTotals(db);
    this.calls = totals.calls;
    this.events = totals.events;
    this.missing = Math.max(0, (Number(meta.get(META_EVENTS)) || 0) - totals.events);
    const known = Number(meta.get(META_END_TIME) ?? meta.get(META_LAST_TIME) ?? 0) || 0;
    this.endTime = Math.max(known, totals.lastTime) as Ns;
    this.blockStatement = db.prepare(
      'SELECT * FROM block WHERE thread = ? AND sequence >= ? ORDER BY sequence LIMIT 1',
    );
    this.timeStatement = db.prepare(
      'SELECT first_time FROM block WHERE thread = ? AND sequence >= ? ORDER BY sequence LIMIT 1',
    );
  }

  /** When the calls of a thread that were still open are taken to end: with it, its process or the trace. */
  closingTime(thread: ThreadId): Ns {
    const row = this.threads[thread];
    if (row?.end !== undefined) return row.end;
    const process = row && this.processes.find((candidate) => candidate.id === row.process);
    return process?.end?.time ?? this.endTime;
  }

  /** When a thread's first block at or after `sequence` begins; undefined: it has none. */
  blockTime(thread: ThreadId, sequence: number): Ns | undefined {
    const time = this.query(() => this.timeStatement.get(thread, sequence))?.first_time;
    return time === undefined ? undefined : (rows.natural(time) as Ns);
  }

  /** Loads a thread's first block at or after `sequence`; a later one than asked for means that blocks are missing. */
  block(thread: ThreadId, sequence: number): TraceBlock | undefined {
    return this.query(() => {
      const row = this.blockStatement.get(thread, sequence);
      return row && new TraceBlock(this.path, row, this.functions.length);
    });
  }

  mappings(): TraceMapping[] {
    return this.query(() => rows.readMappings(this.db));
  }

  /** By function id. */
  probes(): (ProbeState | undefined)[] {
    return this.query(() => rows.readProbes(this.db));
  }

  /** By kind; empty: the recorder could not measure them. */
  probeCosts(): ProbeCost[] {
    return this.query(() => rows.readProbeCosts(this.db));
  }

  close(): void {
    this.opened.close();
  }

  private query<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      throw cause instanceof UtraceError ? cause : damaged(this.path, (cause as Error).message, cause);
    }
  }
}

/** One block of a thread, loaded. */
export class TraceBlock {
  readonly sequence: number;
  readonly encoded: EncodedBlock;
  private readonly id: number;

  constructor(
    private readonly path: string,
    row: rows.BlockRow,
    private readonly functions: number,
  ) {
    this.id = row.id;
    this.sequence = rows.natural(row.sequence);
    this.encoded = rows.toBlock(row);
  }

  /** `notBefore`: the time of the thread's event before this block. */
  cursor(notBefore: number): BlockCursor {
    return this.guard(() => {
      if (this.encoded.firstTime < notBefore) throw new BlockDamage('it begins before the last one ends');
      return new BlockCursor(this.encoded, this.functions);
    });
  }

  /** The calls open before the block's first event, outermost first. */
  openCalls(): FunctionId[] {
    return this.guard(() => {
      const { functions } = decodeStack(this.encoded);
      if (functions.every((fn) => fn < this.functions)) return functions;
      throw new BlockDamage('the stack names an unknown function');
    });
  }

  /** Runs a walk over the block; its damage becomes the error that names the block. */
  guard<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      if (!(cause instanceof BlockDamage)) throw cause;
      const { firstTime, lastTime } = this.encoded;
      throw damagedBlock(this.path, this.id, `${firstTime} ns to ${lastTime} ns`, cause);
    }
  }
}
