/** What main thread and drain worker say to each other. Plain data: it crosses by structured clone. */
import type {
  CallFilter,
  ProcessEnd,
  TraceLoss,
  TraceModule,
  TraceProcess,
  TraceThread,
} from '../trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';
import type { RecordedTarget } from './recorder.js';

/** What both ends need to know of the recording. */
export interface DrainSettings {
  readonly ringFd: number;
  readonly ringBytes: number;
  readonly sharedFd: number;
  /** CLOCK_MONOTONIC at time 0 of the trace, ns. */
  readonly startTime: bigint;
  readonly target: RecordedTarget;
  readonly filter: CallFilter;
  /** perf descriptors that tell of new mappings; none where the kernel refused them. */
  readonly mappingFds: readonly number[];
  readonly modules: readonly TraceModule[];
  /** How many functions the plan has. */
  readonly functions: number;
  /** Functions whose return is not probed. */
  readonly withoutReturn: readonly FunctionId[];
}

export interface DrainTotals {
  readonly calls: number;
  readonly lost: number;
  /** Time that back-pressure held the target; not in the trace's times. */
  readonly stopped: Ns;
  /** Calls by function id, before any filter. */
  readonly callsByFunction: Uint32Array;
  /** From the target's first instruction, or the attach, to its end; without the time it was stopped. */
  readonly span: Ns;
}

export interface DrainInput extends DrainSettings {
  /** The trace file to continue; undefined: relay the events to the main thread. */
  readonly tracePath: string | undefined;
  /** Int32 words, see `ControlWord`. */
  readonly control: SharedArrayBuffer;
}

export enum ControlWord {
  /** 0: run. 1: a finish request is in the message queue. */
  Finish = 0,
  /** Batches posted to the main thread and not yet handled there. */
  BatchesInFlight = 1,
  Length = 2,
}

export interface FinishRequest {
  /** How the target ended; undefined where it lives on. */
  readonly end: ProcessEnd | undefined;
}

export type DrainMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'process'; readonly process: TraceProcess }
  | { readonly kind: 'thread'; readonly thread: TraceThread }
  | { readonly kind: 'thread name'; readonly id: ThreadId; readonly name: string }
  | { readonly kind: 'thread end'; readonly id: ThreadId; readonly time: Ns }
  | { readonly kind: 'loss'; readonly loss: TraceLoss }
  | { readonly kind: 'events'; readonly batch: EventBatch; readonly time: Ns }
  | ({ readonly kind: 'finished' } & DrainTotals)
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly hint: string | undefined;
      readonly exitCode: number;
    };

/** Columns of equal length. `codes`: function id for an entry, `-1 - Leave` for an end. */
export interface EventBatch {
  readonly threads: Int32Array;
  readonly codes: Int32Array;
  readonly times: Float64Array;
}
