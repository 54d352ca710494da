/**
 * The call graph of a running program, without a trace file. Batches of filtered events come from the
 * recorder; text is handed over at each `advance`, which also shows the calls that are still open.
 */
import type { Writable } from 'node:stream';
import {
  type EventSink,
  Leave,
  type TraceFunction,
  type TraceLoss,
  type TraceThread,
} from '../trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';
import { CallStacks } from './call-stacks.js';
import { formatTime } from './format-time.js';
import { CallGraph, type CallGraphOptions } from './formats/call-graph.js';
import { functionLabel } from './names.js';
import { ReportOutput } from './output.js';

export interface LiveOptions extends CallGraphOptions {
  readonly libname: boolean;
}

/** Fits the recorder's `LiveSink`. */
export class LiveCallGraph implements EventSink {
  private readonly output: ReportOutput;
  private readonly graph: CallGraph;
  private readonly stacks: CallStacks;
  private functions: readonly TraceFunction[] = [];
  private readonly threads: (TraceThread | undefined)[] = [];
  /** Open calls by thread. */
  private readonly depths: number[] = [];
  private lastTime = 0 as Ns;

  constructor(options: LiveOptions, out: Writable) {
    this.output = new ReportOutput(out);
    const names = {
      label: (fn: FunctionId) => functionLabel(this.functions[fn], options.libname),
      tidOf: (thread: ThreadId) => this.threads[thread]?.tid,
    };
    this.graph = new CallGraph(options, names, this.output.write);
    this.stacks = new CallStacks(this.graph);
  }

  begin(functions: readonly TraceFunction[]): void {
    this.functions = functions;
    this.graph.begin();
  }

  thread(thread: TraceThread): void {
    this.threads[thread.id] = thread;
  }

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    this.depths[thread] = (this.depths[thread] ?? 0) + 1;
    this.stacks.enter(thread, time, fn);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    const depth = this.depths[thread] ?? 0;
    if (depth === 0) return;
    this.depths[thread] = depth - 1;
    this.stacks.leave(thread, time, how);
  }

  advance(time: Ns): void {
    if (time > this.lastTime) this.lastTime = time;
    this.stacks.advance(time);
  }

  /** Calls still open in this thread are over. */
  threadEnd(thread: ThreadId, time: Ns): void {
    while ((this.depths[thread] ?? 0) > 0) this.leave(thread, time, Leave.Open);
    this.graph.flush();
  }

  loss(loss: TraceLoss): void {
    this.graph.note(`${loss.count} events lost until ${formatTime(loss.to)}: ${loss.cause}`);
  }

  /** After the last event. */
  end(): void {
    for (const thread of this.depths.keys()) this.threadEnd(thread as ThreadId, this.lastTime);
    this.graph.flush();
  }

  /** A promise while the text has not left yet: the next batch should wait for it. */
  settled(): Promise<void> | undefined {
    return this.output.full ? this.output.drained() : undefined;
  }

  /** The reader of the text is gone (`| head`): nothing more needs to be shown. */
  get closed(): boolean {
    return this.output.closed;
  }
}
