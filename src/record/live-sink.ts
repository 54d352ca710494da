/** Whoever is shown the events while the program runs: what it is told, and how a batch from the worker is told to it. */
import type { EventSink, Leave, TraceFunction, TraceLoss, TraceModule, TraceThread } from '../trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';
import type { DrainMessage, EventBatch } from './drain-protocol.js';

export interface LiveSink extends EventSink {
  /** Before any event. */
  begin(functions: readonly TraceFunction[], modules: readonly TraceModule[]): void;
  thread(thread: TraceThread): void;
  /** Calls still open in this thread are over. */
  threadEnd(thread: ThreadId, time: Ns): void;
  loss(loss: TraceLoss): void;
  /** After the last event: calls still open are closed at the last time known. */
  end(): void;
  /** A promise while what was shown has not left yet: the next batch waits for it, and the ring for the batch. */
  settled(): Promise<void> | undefined;
}

/** Tells the sink one message; messages of the trace output alone are not for it. */
export function deliver(sink: LiveSink, message: DrainMessage): void {
  switch (message.kind) {
    case 'events':
      deliverBatch(sink, message.batch);
      sink.advance(message.time);
      return;
    case 'thread':
      sink.thread(message.thread);
      return;
    case 'thread end':
      sink.threadEnd(message.id, message.time);
      return;
    case 'loss':
      sink.loss(message.loss);
      return;
    default:
  }
}

function deliverBatch(sink: EventSink, { threads, codes, times }: EventBatch): void {
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    const thread = threads[i] as ThreadId;
    const time = times[i] as Ns;
    if (code >= 0) sink.enter(thread, time, code as FunctionId);
    else sink.leave(thread, time, (-1 - code) as Leave);
  }
}
