/** The main thread's end of the drain worker: start it, pass its live events on, have it finish. */
import { Worker } from 'node:worker_threads';
import type { ProcessEnd } from '../trace/model.js';
import { deferred } from '../util/deferred.js';
import { UtraceError } from '../util/errors.js';
import {
  ControlWord,
  type DrainInput,
  type DrainMessage,
  type DrainSettings,
  type DrainTotals,
  type FinishRequest,
} from './drain-protocol.js';
import { deliver, type LiveSink } from './live-sink.js';

export interface DrainRequest extends DrainSettings {
  /** A trace file to continue, or whoever is shown the events live. */
  readonly output:
    | { readonly kind: 'trace'; readonly path: string }
    | { readonly kind: 'live'; readonly sink: LiveSink };
}

export interface Drain {
  /** Drains what the ring still holds, closes the output; call it when no probe can fire any more or the target has ended. */
  finish(end: ProcessEnd | undefined): Promise<DrainTotals>;
  /** Rejects when the worker cannot go on (disk full); never resolves. */
  readonly failure: Promise<never>;
}

/** Resolves when the worker reads the ring. */
export async function startDrain(request: DrainRequest): Promise<Drain> {
  const shared = new SharedArrayBuffer(ControlWord.Length * Int32Array.BYTES_PER_ELEMENT);
  const control = new Int32Array(shared);
  const { output, ...rest } = request;
  const input: DrainInput = {
    ...rest,
    control: shared,
    tracePath: output.kind === 'trace' ? output.path : undefined,
  };
  const worker = new Worker(new URL('./drain-worker.js', import.meta.url), { workerData: input });
  const ready = deferred<void>();
  const finished = deferred<DrainTotals>();
  const failed = deferred<never>();
  const fail = (error: unknown): void => {
    for (const promise of [ready, finished, failed]) promise.reject(error);
  };

  const onDone = (message: DrainMessage): void => {
    if (message.kind === 'ready') ready.resolve();
    else if (message.kind === 'finished') finished.resolve(message);
    else if (message.kind === 'failed') fail(new UtraceError(message));
    else if (output.kind === 'live') deliver(output.sink, message);
  };
  // One message at a time, in order: a reader of the live output that is slow delays the ones behind.
  let queue = Promise.resolve();
  worker.on('message', (message: DrainMessage) => {
    queue = queue
      .then(async () => {
        onDone(message);
        if (message.kind !== 'events' || output.kind !== 'live') return;
        await output.sink.settled();
        Atomics.sub(control, ControlWord.BatchesInFlight, 1);
        Atomics.notify(control, ControlWord.BatchesInFlight);
      })
      .catch(fail);
  });
  worker.on('error', fail);

  await ready.promise;
  return {
    failure: failed.promise,
    finish: (end) => {
      worker.postMessage({ end } satisfies FinishRequest);
      Atomics.store(control, ControlWord.Finish, 1);
      Atomics.notify(control, ControlWord.Finish);
      return finished.promise;
    },
  };
}
