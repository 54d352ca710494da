import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../src/report/replay.js';
import type { EventSink, TraceLoss } from '../../src/trace/model.js';
import { openTrace } from '../../src/trace/reader.js';
import { TraceWriter } from '../../src/trace/writer.js';
import { UtraceError } from '../../src/util/errors.js';
import type {
  FileOffset,
  FunctionId,
  ModuleId,
  Ns,
  ProcessId,
  RuntimeAddress,
  ThreadId,
} from '../../src/util/units.js';
import { compileTrace } from './compiled.js';
import {
  HEADER,
  randomEvents,
  randomSource,
  type SampleEvent,
  scratch,
  startSample,
  writeSample,
} from './sample-trace.js';

const NAMES = ['main', 'sort', 'swap'];
const EVENTS: SampleEvent[] = [
  [0, 10, 0],
  [0, 20, 1],
  [0, 30, undefined, 0],
  [0, 40, undefined, 0],
];

let compiled = '';
beforeAll(() => {
  compiled = compileTrace();
});
afterAll(() => {
  rmSync(fileURLToPath(compiled), { recursive: true, force: true });
});

describe('a finished trace', () => {
  it('holds all that was written', () => {
    const path = join(scratch(), 'utrace.data');
    const first = startSample({ names: NAMES }, path);
    first.close();
    const writer = TraceWriter.open(path);
    const mapping = {
      process: 0 as ProcessId,
      module: 0 as ModuleId,
      start: 0x7fff_1234_5000 as RuntimeAddress,
      end: 0x7fff_1234_9000 as RuntimeAddress,
      offset: 4096 as FileOffset,
      time: 5 as Ns,
    };
    const loss: TraceLoss = { from: 1 as Ns, to: 9 as Ns, count: 7, cause: 'ring full' };
    writer.addMapping(mapping);
    writer.addLoss(loss);
    writer.renameThread(0 as ThreadId, 'worker');
    writer.enter(0 as ThreadId, 10 as Ns, 2 as FunctionId);
    writer.leave(0 as ThreadId, 15 as Ns, 0);
    writer.endThread(0 as ThreadId, 20 as Ns);
    writer.endProcess(0 as ProcessId, { time: 25 as Ns, exitCode: undefined, signal: 'SIGSEGV' });
    writer.finish(30 as Ns);

    const trace = openTrace(path);
    expect(trace.header).toEqual(HEADER);
    expect(trace).toMatchObject({ finished: true, endTime: 30, calls: 1, events: 2 });
    expect(trace.coverage).toEqual({ found: 3, probed: 3, skipped: 0, failed: 0 });
    expect(trace.functions.map((fn) => fn?.name)).toEqual(NAMES);
    expect(trace.threads[0]).toMatchObject({ tid: 1000, name: 'worker', end: 20 });
    expect(trace.processes[0]?.end).toEqual({ time: 25, exitCode: undefined, signal: 'SIGSEGV' });
    expect(trace.losses).toEqual([loss]);
    expect(trace.mappings()).toEqual([mapping]);
    expect(trace.probes()[2]).toMatchObject({ status: 'probed', offset: 4098, returns: true });
    trace.close();
    expect(['-wal', '-shm', '-journal'].filter((suffix) => existsSync(path + suffix))).toEqual([]);
  });

  it('stores every probe state', () => {
    const path = join(scratch(), 'utrace.data');
    const writer = TraceWriter.create(path, HEADER);
    const states = [
      {
        status: 'probed',
        module: 3 as ModuleId,
        offset: 5 as FileOffset,
        entry: 1 as FileOffset,
        returns: false,
        instruction: 'push',
        reason: 'moved past endbr64',
      },
      { status: 'skipped', reason: 'no code' },
      { status: 'failed', offset: 2 as FileOffset, errno: 'EINVAL' },
    ] as const;
    writer.addProbes(states);
    writer.finish(0 as Ns);
    const trace = openTrace(path);
    expect(trace.probes()).toEqual(states);
    expect(trace.coverage).toEqual({ found: 3, probed: 1, skipped: 1, failed: 1 });
    trace.close();
  });
});

describe('the place of a trace', () => {
  it('may hold an older trace, an empty file, or a link to one', () => {
    const path = writeSample({ names: NAMES, events: EVENTS });
    writeFileSync(`${path}-wal`, 'left over');
    writeSample({ names: ['other'], events: [] }, path);
    expect(functionNames(path)).toEqual(['other']);
    const empty = join(scratch(), 'empty');
    writeFileSync(empty, '');
    writeSample({ names: NAMES, events: [] }, empty);
    const link = join(scratch(), 'link');
    symlinkSync(path, link);
    writeSample({ names: ['linked'], events: [] }, link);
    expect(functionNames(path)).toEqual(['linked']);
  });

  it('is never somebody else’s file', () => {
    const folder = scratch();
    const text = join(folder, 'thesis.txt');
    writeFileSync(text, 'three years of work');
    expect(codeOf(() => TraceWriter.create(text, HEADER))).toBe('TRACE_EXISTS');
    expect(readFileSync(text, 'utf8')).toBe('three years of work');
    const other = join(folder, 'other.db');
    new Database(other).exec('CREATE TABLE t (x)').close();
    expect(codeOf(() => TraceWriter.create(other, HEADER))).toBe('TRACE_EXISTS');
    expect(codeOf(() => TraceWriter.create(folder, HEADER))).toBe('TRACE_NOT_A_FILE');
    expect(codeOf(() => TraceWriter.create('/dev/null', HEADER))).toBe('TRACE_NOT_A_FILE');
    expect(codeOf(() => TraceWriter.create(join(folder, 'none', 'x'), HEADER))).toBe('TRACE_NOT_WRITABLE');
    expect(codeOf(() => TraceWriter.create('/proc/utrace.data', HEADER))).toBe('TRACE_NOT_WRITABLE');
  });

  it('may be full: what was committed stays readable', (context) => {
    const folder = scratch();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    if (mounted.status !== 0) return context.skip('cannot mount a small tmpfs here');
    try {
      const path = join(folder, 'utrace.data');
      const writer = startSample({ names: NAMES, threads: 1 }, path);
      const random = randomSource(3);
      const fill = (): void => {
        for (let i = 0; i < 1e7; i++) {
          writer.enter(0 as ThreadId, (i * 3000 + Math.floor(random() * 3000)) as Ns, 0 as FunctionId);
          if (i % 10_000 === 0) writer.commit();
        }
      };
      expect(codeOf(fill)).toBe('TRACE_DISK_FULL');
      writer.close();
      const trace = openTrace(path);
      expect(trace.finished).toBe(false);
      expect(trace.calls).toBeGreaterThan(50_000);
      expect(countEvents(path)).toBe(trace.calls * 2);
      trace.close();
    } finally {
      spawnSync('umount', [folder]);
    }
  });
});

describe('an unfinished trace', () => {
  it('of a killed recorder is readable to the last commit', async () => {
    const path = join(scratch(), 'utrace.data');
    startSample({ names: NAMES }, path).close();
    const script = `
      const { TraceWriter } = await import('${compiled}/trace/writer.js');
      const writer = TraceWriter.open(${JSON.stringify(path)});
      let time = 0;
      for (let round = 0; round < 5; round++) {
        for (let i = 0; i < 30000; i++) { writer.enter(0, ++time, 1); writer.leave(0, ++time, 0); }
        writer.enter(0, ++time, 0);
        writer.commit();
      }
      for (let i = 0; i < 10; i++) writer.enter(0, ++time, 2);
      console.log('committed');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const trace = openTrace(path);
    expect(trace).toMatchObject({ finished: false, calls: 150_005, events: 300_005 });
    trace.close();
    expect(countEvents(path)).toBe(300_010);
  });

  it('can be read while it is written, as one snapshot', () => {
    const path = join(scratch(), 'utrace.data');
    const writer = startSample({ names: NAMES }, path);
    let time = 0;
    const write = (pairs: number): void => {
      for (let i = 0; i < pairs; i++) {
        writer.enter(0 as ThreadId, ++time as Ns, 1 as FunctionId);
        writer.leave(0 as ThreadId, ++time as Ns, 0);
      }
      writer.commit();
    };
    write(100);
    const early = openTrace(path);
    write(200_000);
    expect(collect(early).length).toBe(200);
    const late = openTrace(path);
    expect(collect(late).length).toBe(400_200);
    early.close();
    late.close();
    writer.finish(time as Ns);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(countEvents(path)).toBe(400_200);
  });

  it('finishes beside a reader, which loses nothing', () => {
    const path = join(scratch(), 'utrace.data');
    const writer = startSample({ names: NAMES }, path);
    writer.enter(0 as ThreadId, 1 as Ns, 1 as FunctionId);
    writer.commit();
    const reader = openTrace(path);
    writer.leave(0 as ThreadId, 2 as Ns, 0);
    writer.finish(2 as Ns);
    expect(collect(reader).length).toBe(2);
    reader.close();
    const trace = openTrace(path);
    expect(trace).toMatchObject({ finished: true, events: 2 });
    trace.close();
  });

  it('is read from a folder that one may not write to', (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root, to become somebody else');
    const folder = scratch();
    const path = join(folder, 'utrace.data');
    const writer = startSample({ names: NAMES }, join(scratch(), 'utrace.data'));
    writer.enter(0 as ThreadId, 1 as Ns, 1 as FunctionId);
    writer.commit();
    copyFileSync(writer.path, path);
    copyFileSync(`${writer.path}-wal`, `${path}-wal`);
    writer.close();
    chmodSync(folder, 0o755);
    const script = `
      const { openTrace } = await import('${compiled}/trace/reader.js');
      const trace = openTrace(${JSON.stringify(path)});
      console.log(JSON.stringify([trace.finished, trace.calls, trace.block(0, 0)?.encoded.events]));
      trace.close();`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      uid: 65534,
      gid: 65534,
      encoding: 'utf8',
    });
    expect(child.stdout + child.stderr).toBe('[false,1,1]\n');
  });
});

describe('what is not a readable trace', () => {
  it('is named for what it is', () => {
    const folder = scratch();
    const file = (name: string, content: string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    mkdirSync(join(folder, 'sub'));
    expect(codeOf(() => openTrace(join(folder, 'none')))).toBe('TRACE_MISSING');
    expect(codeOf(() => openTrace(join(folder, 'sub')))).toBe('TRACE_FOREIGN');
    expect(codeOf(() => openTrace(file('empty', '')))).toBe('TRACE_FOREIGN');
    expect(codeOf(() => openTrace(file('text', 'hello')))).toBe('TRACE_FOREIGN');
    const other = join(folder, 'other.db');
    new Database(other).exec('CREATE TABLE t (x)').close();
    expect(codeOf(() => openTrace(other))).toBe('TRACE_FOREIGN');
    const newer = writeSample({ names: NAMES, events: EVENTS });
    const db = new Database(newer);
    db.pragma('user_version = 2');
    db.close();
    expect(codeOf(() => openTrace(newer))).toBe('TRACE_NEWER');
  });

  it('says what can be saved from a truncated file', () => {
    const events = randomEvents(randomSource(4), { threads: 4, functions: 3, events: 200_000 });
    const path = writeSample({ names: NAMES, events, threads: 4 });
    const whole = openTrace(path);
    const { calls } = whole;
    whole.close();
    truncateSync(path, Math.floor(readFileSync(path).length * 0.6));
    const error = errorOf(() => openTrace(path));
    expect(error?.code).toBe('TRACE_DAMAGED');
    const saved = Number(/(\d+) calls can still be read/.exec(error?.message ?? '')?.[1]);
    expect(saved).toBeGreaterThan(0);
    expect(saved).toBeLessThan(calls);
    const folder = scratch();
    const shell = spawnSync('sh', ['-c', error?.hint ?? 'false'], { cwd: folder });
    if (spawnSync('sqlite3', ['--version']).status === 0) {
      expect(shell.status).toBe(0);
      const rescued = openTrace(join(folder, 'rescued.data'));
      expect(rescued.calls).toBe(saved);
      expect(rescued.missing).toBe(200_000 - rescued.events);
      rescued.close();
      expect(countEvents(join(folder, 'rescued.data'))).toBeGreaterThan(saved);
    }
    for (const share of [0.02, 0.1, 0.3]) {
      const shorter = writeSample({ names: NAMES, events, threads: 4 });
      truncateSync(shorter, Math.floor(readFileSync(shorter).length * share));
      expect(errorOf(() => openTrace(shorter))).toBeInstanceOf(UtraceError);
    }
  });

  it('never crashes the reader, whatever bytes have flipped', () => {
    const events = randomEvents(randomSource(5), { threads: 3, functions: 3, events: 20_000 });
    const path = writeSample({ names: NAMES, events, threads: 3 });
    const sound = readFileSync(path);
    const random = randomSource(6);
    let damaged = 0;
    for (let round = 0; round < 150; round++) {
      const bytes = Buffer.from(sound);
      const flips = 1 + Math.floor(random() * 20);
      for (let i = 0; i < flips; i++) {
        const at = 100 + Math.floor(random() * (bytes.length - 100));
        bytes[at] = Math.floor(random() * 256);
      }
      writeFileSync(path, bytes);
      const error = errorOf(() => countEvents(path));
      if (error !== undefined) damaged++;
    }
    expect(damaged).toBeGreaterThan(50);
  });
});

class Collector implements EventSink {
  readonly events: number[] = [];
  enter(_thread: number, time: number): void {
    this.events.push(time);
  }
  leave(_thread: number, time: number): void {
    this.events.push(time);
  }
  advance(): void {}
}

function collect(trace: ReturnType<typeof openTrace>): number[] {
  const collector = new Collector();
  for (const _ of replay(trace, 'by time', collector));
  return collector.events;
}

/** Events of a replay over the whole file, the leaves that it adds included. */
function countEvents(path: string): number {
  const trace = openTrace(path);
  try {
    return collect(trace).length;
  } finally {
    trace.close();
  }
}

function functionNames(path: string): (string | undefined)[] {
  const trace = openTrace(path);
  trace.close();
  return trace.functions.map((fn) => fn?.name);
}

/** Undefined: nothing was thrown. Anything but a UtraceError fails the test. */
function errorOf(action: () => void): UtraceError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof UtraceError) return error;
    throw error;
  }
}

function codeOf(action: () => void): string | undefined {
  return errorOf(action)?.code;
}
