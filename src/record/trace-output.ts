/** Where the drain worker's balanced events go: the trace writer, or the relay to the main thread's live view. */
import type {
  EventSink,
  ProcessEnd,
  TraceLoss,
  TraceProcess,
  TraceStop,
  TraceThread,
} from '../trace/model.js';
import type { Ns, ProcessId, ThreadId } from '../util/units.js';

export interface TraceOutput extends EventSink {
  addProcess(process: TraceProcess): void;
  endProcess(id: ProcessId, end: ProcessEnd): void;
  addThread(thread: TraceThread): void;
  renameThread(id: ThreadId, name: string): void;
  endThread(id: ThreadId, time: Ns): void;
  addLoss(loss: TraceLoss): void;
  addStop(stop: TraceStop): void;
  /** Makes everything delivered so far durable. */
  commit(): void;
  finish(time: Ns): void;
}
