/**
 * Which files the target has mapped, for the trace: perf's records while it runs, /proc/PID/maps for what an
 * attached process had before. Files that the plan does not know become modules of their own.
 */
import { statSync } from 'node:fs';
import { type MappingEvent, MappingReader } from '../bpf/mapping-events.js';
import { type MapRow, readMaps } from '../symbols/process-maps.js';
import type { TraceMapping, TraceModule } from '../trace/model.js';
import { UtraceError } from '../util/errors.js';
import type { ModuleId, Ns, Pid, ProcessId } from '../util/units.js';
import { readModule } from './plan-modules.js';

export interface MappingOutput {
  addMapping(mapping: TraceMapping): void;
  addModules(modules: readonly TraceModule[]): void;
}

export interface MappingInput {
  readonly fds: readonly number[];
  readonly startTime: bigint;
  readonly pid: Pid;
  /** Execs whose image is not the target's yet. */
  readonly execsAhead: number;
  readonly modules: readonly TraceModule[];
}

type MapEvent = Extract<MappingEvent, { kind: 'map' }>;

export class Mappings {
  /** Records that perf had no room for. */
  lost = 0;
  readonly #reader: MappingReader;
  readonly #byInode = new Map<number, ModuleId>();
  #modules: number;
  #execsAhead: number;
  /** The image's number: one process row of the trace each. */
  #process = -1;
  #held: MappingEvent[] = [];

  constructor(
    readonly input: MappingInput,
    readonly output: MappingOutput,
  ) {
    this.#reader = new MappingReader(input.fds, input.startTime);
    this.#modules = input.modules.length;
    this.#execsAhead = input.execsAhead;
    for (const module of input.modules) {
      const inode = statSync(module.path, { throwIfNoEntry: false })?.ino;
      if (inode !== undefined) this.#byInode.set(inode, module.id);
    }
    if (input.execsAhead === 0) this.#readPresent();
  }

  /**
   * Takes what perf has recorded. Events are held for one round and sorted, because an exec on one CPU and the
   * mappings after it on another are read in either order.
   */
  poll(): void {
    const due = this.#held;
    this.#held = this.#reader.read();
    if (due.length + this.#held.length === 0) return;
    const limit = Math.max(...due.map(timeOf));
    const early = this.#held.filter((event) => timeOf(event) <= limit);
    this.#held = this.#held.filter((event) => timeOf(event) > limit);
    for (const event of [...due, ...early].sort((a, b) => timeOf(a) - timeOf(b))) this.#take(event);
  }

  finish(): void {
    this.poll();
    this.poll();
  }

  #readPresent(): void {
    this.#process = 0;
    for (const row of presentMaps(this.input.pid)) {
      if (!row.permissions.includes('x')) continue;
      this.#add({ ...row, kind: 'map', time: 0 as Ns, pid: this.input.pid });
    }
  }

  #take(event: MappingEvent): void {
    if (event.kind === 'lost') this.lost += event.count;
    else if (event.pid !== this.input.pid) return;
    else if (event.kind === 'exec') {
      if (this.#execsAhead > 0) this.#execsAhead--;
      if (this.#execsAhead === 0) this.#process++;
    } else if (this.#process >= 0) this.#add(event);
  }

  #add(event: MapEvent): void {
    if (!event.path.startsWith('/') || event.path.startsWith('//')) return;
    const module = this.#byInode.get(event.inode) ?? this.#addModule(event);
    if (module === undefined) return;
    const { start, end, offset, time } = event;
    this.output.addMapping({ process: this.#process as ProcessId, module, start, end, offset, time });
  }

  #addModule(event: MapEvent): ModuleId | undefined {
    try {
      const { trace } = readModule(event.path, 'library', this.#modules);
      this.output.addModules([trace]);
      this.#modules++;
      this.#byInode.set(event.inode, trace.id);
      return trace.id;
    } catch (error) {
      // Data that is mapped executable, or a file that is gone: no module.
      if (error instanceof UtraceError) return undefined;
      throw error;
    }
  }
}

/** A process that has ended since the attach has none. */
function presentMaps(pid: Pid): MapRow[] {
  try {
    return readMaps(pid);
  } catch (error) {
    if (error instanceof UtraceError) return [];
    throw error;
  }
}

function timeOf(event: MappingEvent): number {
  return event.kind === 'lost' ? 0 : event.time;
}
