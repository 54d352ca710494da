/**
 * Rows of the trace's tables as the types of model.ts. A database from elsewhere may hold anything in any
 * column: numbers are checked to be natural, texts to be texts.
 */
import type Database from 'better-sqlite3';
import type {
  FileOffset,
  FunctionId,
  ModuleId,
  Ns,
  Pid,
  ProcessId,
  RuntimeAddress,
  ThreadId,
  Tid,
  VirtualAddress,
} from '../util/units.js';
import { BLOCK_EVENTS, type EncodedBlock } from './block.js';
import type {
  ProbeCost,
  ProbeState,
  ProcessEnd,
  TraceFunction,
  TraceLoss,
  TraceMapping,
  TraceModule,
  TraceProcess,
  TraceThread,
} from './model.js';

export interface ReadProcess extends TraceProcess {
  readonly end: ProcessEnd | undefined;
}

export interface ReadThread extends TraceThread {
  readonly end: Ns | undefined;
}

export interface Coverage {
  readonly found: number;
  readonly probed: number;
  readonly skipped: number;
  readonly failed: number;
}

export interface BlockRow {
  readonly id: number;
  readonly sequence: unknown;
  readonly first_time: unknown;
  readonly last_time: unknown;
  readonly events: unknown;
  readonly calls: unknown;
  readonly depth: unknown;
  readonly compression: unknown;
  readonly stack: unknown;
  readonly codes: unknown;
  readonly time_high: unknown;
  readonly time_low: unknown;
}

type Row = Readonly<Record<string, unknown>>;

export function toBlock(row: BlockRow): EncodedBlock {
  const events = natural(row.events);
  if (events === 0 || events > BLOCK_EVENTS) throw new Error(`a block of ${events} events`);
  return {
    firstTime: natural(row.first_time) as Ns,
    lastTime: natural(row.last_time) as Ns,
    events,
    calls: natural(row.calls),
    depth: natural(row.depth),
    compression: natural(row.compression),
    stack: blob(row.stack),
    codes: blob(row.codes),
    timeHigh: blob(row.time_high),
    timeLow: blob(row.time_low),
  };
}

export function readMeta(db: Database.Database): Map<string, string> {
  return new Map(all(db, 'SELECT key, value FROM meta').map((row) => [text(row.key), text(row.value)]));
}

export function readModules(db: Database.Database): TraceModule[] {
  return all(db, 'SELECT * FROM module ORDER BY id').map((row) => ({
    id: natural(row.id) as ModuleId,
    path: text(row.path),
    kind: row.kind === 'executable' ? 'executable' : 'library',
    buildId: optionalText(row.build_id),
    stripped: row.stripped === 1,
  }));
}

/** Rows as arrays: with 200,000 functions objects would take twice as long. */
export function readFunctions(db: Database.Database): (TraceFunction | undefined)[] {
  const functions: (TraceFunction | undefined)[] = [];
  const statement = db.prepare<[], unknown[]>(
    'SELECT id, module, name, symbol, kind, library, address, size FROM function ORDER BY id',
  );
  for (const [id, module, name, symbol, kind, library, address, size] of statement.raw().iterate()) {
    put(functions, natural(id), {
      id: natural(id) as FunctionId,
      module: natural(module) as ModuleId,
      name: text(name),
      symbol: text(symbol),
      kind: kind === 'plt' ? 'plt' : 'function',
      library: optionalText(library),
      address: natural(address) as VirtualAddress,
      size: natural(size),
    });
  }
  return functions;
}

export function readProbes(db: Database.Database): (ProbeState | undefined)[] {
  return byId(db, 'SELECT function AS id, * FROM probe ORDER BY function', (row): ProbeState => {
    if (row.status === 'skipped') return { status: 'skipped', reason: text(row.reason) };
    const offset = natural(row.file_offset) as FileOffset;
    if (row.status === 'failed') return { status: 'failed', offset, errno: text(row.errno) };
    return {
      status: 'probed',
      module: natural(row.module) as ModuleId,
      offset,
      entry: natural(row.entry_offset) as FileOffset,
      returns: row.returns === 1,
      instruction: text(row.instruction),
      reason: text(row.reason),
    };
  });
}

export function readProcesses(db: Database.Database): ReadProcess[] {
  return all(db, 'SELECT * FROM process ORDER BY id').map((row) => ({
    id: natural(row.id) as ProcessId,
    pid: natural(row.pid) as Pid,
    parentPid: natural(row.parent_pid) as Pid,
    executable: text(row.executable),
    start: natural(row.start) as Ns,
    end: row.end === null ? undefined : processEnd(row),
  }));
}

export function readThreads(db: Database.Database): (ReadThread | undefined)[] {
  return byId(db, 'SELECT * FROM thread ORDER BY id', (row) => ({
    id: natural(row.id) as ThreadId,
    process: natural(row.process) as ProcessId,
    tid: natural(row.tid) as Tid,
    name: text(row.name),
    start: natural(row.start) as Ns,
    end: row.end === null ? undefined : (natural(row.end) as Ns),
  }));
}

export function readMappings(db: Database.Database): TraceMapping[] {
  return all(db, 'SELECT * FROM mapping ORDER BY id').map((row) => ({
    process: natural(row.process) as ProcessId,
    module: natural(row.module) as ModuleId,
    start: natural(row.start) as RuntimeAddress,
    end: natural(row.end) as RuntimeAddress,
    offset: natural(row.file_offset) as FileOffset,
    time: natural(row.time) as Ns,
  }));
}

export function readLosses(db: Database.Database): TraceLoss[] {
  return all(db, 'SELECT * FROM loss ORDER BY from_time, id').map((row) => ({
    from: natural(row.from_time) as Ns,
    to: natural(row.to_time) as Ns,
    count: natural(row.count),
    cause: text(row.cause),
  }));
}

/** Sum over `stop`. */
export function readStopped(db: Database.Database): Ns {
  return all(db, 'SELECT duration FROM stop').reduce((sum, row) => sum + natural(row.duration), 0) as Ns;
}

export function readProbeCosts(db: Database.Database): ProbeCost[] {
  return all(db, 'SELECT * FROM probe_cost ORDER BY kind').map((row) => ({
    kind: text(row.kind),
    inside: duration(row.inside),
    outside: duration(row.outside),
    entryOnly: duration(row.entry_only),
  }));
}

/** ns, with a fraction. */
function duration(value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < Number.MAX_SAFE_INTEGER) return value;
  throw new Error(`not a duration: ${String(value)}`);
}

export function readCoverage(db: Database.Database): Coverage {
  const counts = new Map(
    all(db, 'SELECT status, count(*) AS count FROM probe GROUP BY status').map((row) => [
      text(row.status),
      natural(row.count),
    ]),
  );
  const [probed, skipped, failed] = ['probed', 'skipped', 'failed'].map((status) => counts.get(status) ?? 0);
  return { found: probed! + skipped! + failed!, probed: probed!, skipped: skipped!, failed: failed! };
}

export function readTotals(db: Database.Database): { calls: number; events: number; lastTime: number } {
  const [row] = all(
    db,
    `SELECT coalesce(sum(calls), 0) AS calls, coalesce(sum(events), 0) AS events,
      coalesce(max(last_time), 0) AS last FROM block`,
  );
  return { calls: natural(row?.calls), events: natural(row?.events), lastTime: natural(row?.last) };
}

/** A number as the format allows it; throws what the reader reports as damage. */
export function natural(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`found ${String(value)} in place of a natural number`);
}

function processEnd(row: Row): ProcessEnd {
  return {
    time: natural(row.end) as Ns,
    exitCode: row.exit_code === null ? undefined : natural(row.exit_code),
    signal: optionalText(row.signal),
  };
}

function byId<Value>(
  db: Database.Database,
  sql: string,
  convert: (row: Row) => Value,
): (Value | undefined)[] {
  const values: (Value | undefined)[] = [];
  for (const row of all(db, sql)) put(values, natural(row.id), convert(row));
  return values;
}

/** Ids are dense from 0; one beyond MAX_ID is damage, not a reason to allocate. */
function put<Value>(values: (Value | undefined)[], id: number, value: Value): void {
  if (id > MAX_ID) throw new Error(`id ${id} is not dense`);
  while (values.length < id) values.push(undefined);
  values[id] = value;
}

function all(db: Database.Database, sql: string): Row[] {
  return db.prepare<[], Row>(sql).all();
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : String(value ?? '');
}

function optionalText(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : text(value);
}

function blob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new Error('found no BLOB where one belongs');
}

const MAX_ID = 10_000_000;
