/**
 * The state between ring records and output: which processes and threads there are, and their call stacks.
 * Everything before the target's own exec (the shell that holds it, `setpriv`) is discarded.
 */
import type { EventSink, ProcessEnd } from '../trace/model.js';
import type { Ns, Pid, ProcessId, ThreadId, Tid } from '../util/units.js';
import { CallStack } from './call-stacks.js';
import {
  decodeTask,
  EVENT_BYTES,
  eventTid,
  eventTime,
  PROBE_ID_MASK,
  RETURN_BIT,
  TASK_BYTES,
  TaskKind,
  type TaskRecord,
} from './event.js';
import type { TraceOutput } from './trace-output.js';

export interface RecordedTarget {
  readonly pid: Pid;
  readonly parentPid: Pid;
  readonly executable: string;
  /** Execs of the held shell that still lie between it and the target's first instruction. */
  readonly execsAhead: number;
  /** Threads alive at the start (attach); empty for a launch. */
  readonly threads: readonly { readonly tid: Tid; readonly name: string }[];
}

export class Recorder {
  calls = 0;
  readonly callsByFunction: Uint32Array;
  /** When the target's first own instruction ran; the attach. */
  started = 0;
  /** Returns whose call was never seen: their entry was lost, or the stack was switched by hand. */
  orphans = 0;
  #orphansReported = 0;
  #orphansFrom = 0 as Ns;
  /** Time the target was stopped by back-pressure so far; the trace's clock stands still meanwhile. */
  stopped = 0;
  #lastRaw = 0;
  readonly #stacks = new Map<number, CallStack>();
  #current: CallStack | undefined;
  #currentTid = -1;
  #execsAhead: number;
  #threads = 0;
  #processes = 0;
  #process = 0 as ProcessId;

  /** `events` is where calls go (filters, then `output`); `executableOf` reads /proc/PID/exe. */
  constructor(
    readonly target: RecordedTarget,
    readonly output: TraceOutput,
    readonly events: EventSink,
    readonly executableOf: (pid: Pid) => string,
    /** Whether a function's return is probed. */
    readonly hasReturn: (fn: number) => boolean,
    functions: number,
  ) {
    this.callsByFunction = new Uint32Array(functions);
    this.#execsAhead = target.execsAhead;
    if (this.#execsAhead > 0) return;
    this.#startProcess(target.executable, 0);
    for (const { tid, name } of target.threads) this.#startThread(tid, name, 0);
  }

  /** Takes one ring record; see RingReader for the arguments. */
  readonly record = (words: Uint32Array, index: number, length: number): void => {
    if (length === EVENT_BYTES) this.#event(words, index);
    else if (length === TASK_BYTES) {
      const task = decodeTask(words, index);
      if (task.time > this.#lastRaw) this.#lastRaw = task.time;
      this.#task({ ...task, time: task.time - this.stopped });
    }
  };

  /** The target ran until its last event and goes on `now` (raw clock): the time between was not its own. */
  skipStopped(now: Ns): void {
    const time = this.#lastRaw - this.stopped;
    const duration = now - this.#lastRaw;
    this.stopped += duration;
    this.output.addStop({ time: time as Ns, duration: duration as Ns });
  }

  /** Counts the orphans since the last call as a loss up to `now`. */
  reportOrphans(now: Ns): void {
    const count = this.orphans - this.#orphansReported;
    if (count > 0) {
      this.output.addLoss({ from: this.#orphansFrom, to: now, count, cause: 'return without its call' });
    }
    this.#orphansReported = this.orphans;
    this.#orphansFrom = now;
  }

  /** Names of the threads still open, read by the caller where the process lives on. */
  openThreads(): readonly { tid: Tid; id: ThreadId }[] {
    return [...this.#stacks].map(([tid, stack]) => ({ tid: tid as Tid, id: stack.thread }));
  }

  /** Closes the threads and the process, which has ended. */
  end(end: ProcessEnd): void {
    if (this.#processes === 0) return;
    for (const tid of [...this.#stacks.keys()]) this.#endThread(tid, end.time);
    this.output.endProcess(this.#process, end);
  }

  #event(words: Uint32Array, index: number): void {
    if (this.#execsAhead > 0) return;
    const word1 = words[index + 1]!;
    const word2 = words[index + 2]!;
    const tid = eventTid(word1, word2);
    const raw = eventTime(words[index]!, word1);
    if (raw > this.#lastRaw) this.#lastRaw = raw;
    const time = raw - this.stopped;
    const stack = tid === this.#currentTid ? this.#current! : this.#switchTo(tid, time);
    const fn = word2 & PROBE_ID_MASK;
    const slot = words[index + 3]! | 0;
    if ((word2 & RETURN_BIT) !== 0) {
      if (!stack.return(time, fn, slot, this.events)) this.orphans++;
    } else {
      this.calls++;
      this.callsByFunction[fn]!++;
      stack.enter(time, fn, slot, this.events);
    }
  }

  #switchTo(tid: number, time: number): CallStack {
    this.#currentTid = tid;
    this.#current = this.#stacks.get(tid) ?? this.#startThread(tid, '', time);
    return this.#current;
  }

  #task(task: TaskRecord): void {
    switch (task.kind) {
      case TaskKind.Fork:
        if (task.tgid === task.other && this.#execsAhead === 0)
          this.#startThread(task.tid, task.comm, task.time);
        return;
      case TaskKind.Exec:
        this.#exec(task);
        return;
      case TaskKind.Exit: {
        const stack = this.#stacks.get(task.tid);
        if (stack === undefined) return;
        this.output.renameThread(stack.thread, task.comm);
        this.#endThread(task.tid, task.time);
        return;
      }
    }
  }

  /** An exec ends every thread of the old image; the new one is a process of its own in the trace. */
  #exec(task: TaskRecord): void {
    if (this.#execsAhead > 0 && --this.#execsAhead > 0) return;
    const first = this.#processes === 0;
    if (!first) this.end({ time: task.time as Ns, exitCode: undefined, signal: undefined });
    if (first) this.started = task.time;
    this.#startProcess(first ? this.target.executable : this.executableOf(this.target.pid), task.time);
    this.#startThread(task.tid, task.comm, task.time);
  }

  #startProcess(executable: string, time: number): void {
    this.#process = this.#processes++ as ProcessId;
    this.output.addProcess({
      id: this.#process,
      pid: this.target.pid,
      parentPid: this.target.parentPid,
      executable,
      start: time as Ns,
    });
  }

  #startThread(tid: number, name: string, time: number): CallStack {
    const stack = new CallStack(this.#threads++ as ThreadId, this.hasReturn);
    this.#stacks.set(tid, stack);
    this.#currentTid = -1;
    this.output.addThread({
      id: stack.thread,
      process: this.#process,
      tid: tid as Tid,
      name,
      start: time as Ns,
    });
    return stack;
  }

  #endThread(tid: number, time: number): void {
    const stack = this.#stacks.get(tid);
    if (stack === undefined) return;
    this.#stacks.delete(tid);
    this.#currentTid = -1;
    this.output.endThread(stack.thread, Math.max(time, stack.lastTime) as Ns);
  }
}
