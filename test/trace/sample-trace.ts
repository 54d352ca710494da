/** Traces made by hand: a scratch folder, a header, and events as a list. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { EventSink, Leave, TraceFunction, TraceHeader } from '../../src/trace/model.js';
import { TraceWriter } from '../../src/trace/writer.js';
import type {
  FileOffset,
  FunctionId,
  ModuleId,
  Ns,
  Pid,
  ProcessId,
  ThreadId,
  Tid,
  VirtualAddress,
} from '../../src/util/units.js';

/** `[thread, time, function]` enters, `[thread, time, undefined, how]` leaves. */
export type SampleEvent = readonly [thread: number, time: number, fn: number | undefined, how?: Leave];

export interface Sample {
  readonly names: readonly string[];
  readonly events: readonly SampleEvent[];
  readonly threads?: number;
  readonly endTime?: number;
  /** Library by function name: makes it a PLT function. */
  readonly libraries?: Readonly<Record<string, string>>;
}

export const HEADER: TraceHeader = {
  utraceVersion: '0.1.0',
  command: ['./sort', '-n', '5000'],
  mode: 'launch',
  workingDirectory: '/home/user',
  host: 'test',
  kernel: '6.18.0',
  machine: 'x86_64',
  cpus: 2,
  clock: 'CLOCK_MONOTONIC',
  startMonotonic: 123_456_789_012_345_678n,
  startRealtime: 1_763_700_000_123_456_789n,
  engine: 'session',
  options: { maxDepth: 3 },
};

export const FIRST_TID = 1000;

/** A new folder, gone when the test file that asked for it ends. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'utrace-test-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function deliver(events: readonly SampleEvent[], sink: EventSink): void {
  for (const [thread, time, fn, how] of events) {
    if (fn !== undefined) sink.enter(thread as ThreadId, time as Ns, fn as FunctionId);
    else sink.leave(thread as ThreadId, time as Ns, how ?? 0);
  }
}

/** Writes a whole, finished trace and returns its path. */
export function writeSample(sample: Sample, path = join(scratch(), 'utrace.data')): string {
  const writer = startSample(sample, path);
  deliver(sample.events, writer);
  writer.finish((sample.endTime ?? sample.events.reduce((last, event) => Math.max(last, event[1]), 0)) as Ns);
  return path;
}

/** Everything before the first event. */
export function startSample(sample: Omit<Sample, 'events'>, path: string): TraceWriter {
  const writer = TraceWriter.create(path, HEADER);
  writer.addModules([
    { id: 0 as ModuleId, path: '/bin/sort', kind: 'executable', buildId: 'abcd', stripped: false },
  ]);
  writer.addFunctions(sample.names.map((name, id) => sampleFunction(name, id, sample.libraries?.[name])));
  writer.addProbes(
    sample.names.map((_, id) => ({
      status: 'probed',
      module: 0 as ModuleId,
      offset: (4096 + id) as FileOffset,
      entry: (4096 + id) as FileOffset,
      returns: true,
      instruction: 'push',
      reason: 'entry',
    })),
  );
  writer.addProcess({
    id: 0 as ProcessId,
    pid: 999 as Pid,
    parentPid: 1 as Pid,
    executable: '/bin/sort',
    start: 0 as Ns,
  });
  for (let id = 0; id < (sample.threads ?? 1); id++) {
    writer.addThread({
      id: id as ThreadId,
      process: 0 as ProcessId,
      tid: (FIRST_TID + id) as Tid,
      name: `thread ${id}`,
      start: 0 as Ns,
    });
  }
  return writer;
}

function sampleFunction(name: string, id: number, library: string | undefined): TraceFunction {
  return {
    id: id as FunctionId,
    module: 0 as ModuleId,
    name,
    symbol: name,
    kind: library === undefined ? 'function' : 'plt',
    library,
    address: (0x1000 + id * 16) as VirtualAddress,
    size: 16,
  };
}

/** Small deterministic generator (mulberry32), 0 <= x < 1. */
export function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Balanced or, at the end, unbalanced random events of several threads, in time order within each. */
export function randomEvents(
  random: () => number,
  options: { threads: number; functions: number; events: number },
): SampleEvent[] {
  const events: SampleEvent[] = [];
  const times = new Array<number>(options.threads).fill(0);
  const depths = new Array<number>(options.threads).fill(0);
  for (let i = 0; i < options.events; i++) {
    const thread = Math.floor(random() * options.threads);
    const step = random() < 0.05 ? random() * 5e9 : random() * 3000;
    times[thread]! += Math.floor(step);
    if (depths[thread]! > 0 && random() < 0.5) {
      depths[thread]!--;
      events.push([thread, times[thread]!, undefined, random() < 0.1 ? 1 : 0]);
    } else {
      depths[thread]!++;
      events.push([thread, times[thread]!, Math.floor(random() * options.functions)]);
    }
  }
  return events;
}
