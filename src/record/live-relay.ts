/** Carries balanced events from the drain worker to the main thread in batches; waits while the main thread is behind. */
import type { MessagePort } from 'node:worker_threads';
import type { Leave, ProcessEnd, TraceLoss, TraceProcess, TraceStop, TraceThread } from '../trace/model.js';
import type { FunctionId, Ns, ProcessId, ThreadId } from '../util/units.js';
import { ControlWord, type DrainMessage } from './drain-protocol.js';
import type { TraceOutput } from './trace-output.js';

const BATCH = 4096;
/** More than this and the reader of the live output is slower than the target: the ring has to hold the rest. */
const MOST_IN_FLIGHT = 64;

export class LiveRelay implements TraceOutput {
  #count = 0;
  #threads = new Int32Array(BATCH);
  #codes = new Int32Array(BATCH);
  #times = new Float64Array(BATCH);
  #time = 0 as Ns;

  constructor(
    readonly port: MessagePort,
    readonly control: Int32Array,
  ) {}

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    this.#push(thread, time, fn);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    this.#push(thread, time, -1 - how);
  }

  advance(time: Ns): void {
    this.#time = time;
    this.#flush();
  }

  addProcess(process: TraceProcess): void {
    this.#post({ kind: 'process', process });
  }

  endProcess(_id: ProcessId, _end: ProcessEnd): void {}

  addThread(thread: TraceThread): void {
    this.#post({ kind: 'thread', thread });
  }

  renameThread(id: ThreadId, name: string): void {
    this.#post({ kind: 'thread name', id, name });
  }

  endThread(id: ThreadId, time: Ns): void {
    this.#post({ kind: 'thread end', id, time });
  }

  addLoss(loss: TraceLoss): void {
    this.#post({ kind: 'loss', loss });
  }

  addStop(_stop: TraceStop): void {}

  commit(): void {}

  finish(time: Ns): void {
    this.advance(time);
  }

  #push(thread: number, time: number, code: number): void {
    if (this.#count === BATCH) this.#flush();
    this.#threads[this.#count] = thread;
    this.#codes[this.#count] = code;
    this.#times[this.#count] = time;
    this.#count++;
    this.#time = time as Ns;
  }

  #post(message: DrainMessage): void {
    this.#flush();
    this.port.postMessage(message);
  }

  #flush(): void {
    if (this.#count === 0) return;
    const batch = {
      threads: this.#threads.slice(0, this.#count),
      codes: this.#codes.slice(0, this.#count),
      times: this.#times.slice(0, this.#count),
    };
    this.#count = 0;
    let inFlight = Atomics.add(this.control, ControlWord.BatchesInFlight, 1) + 1;
    this.port.postMessage({ kind: 'events', batch, time: this.#time } satisfies DrainMessage, [
      batch.threads.buffer,
      batch.codes.buffer,
      batch.times.buffer,
    ]);
    while (inFlight > MOST_IN_FLIGHT) {
      Atomics.wait(this.control, ControlWord.BatchesInFlight, inFlight, 100);
      inFlight = Atomics.load(this.control, ControlWord.BatchesInFlight);
    }
  }
}
