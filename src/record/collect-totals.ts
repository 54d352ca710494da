/**
 * The collection of totals: BPF sums up, nothing is streamed, memory does not grow with the run. Here the sums are
 * read: at each interval, and at the end.
 */
import { SharedWord, SummaryMaps } from '../bpf/summary-maps.js';
import { loadSummaryObject, type SummaryObject } from '../bpf/summary-object.js';
import type { CallTotals } from '../trace/call-totals.js';
import type { ProbeState } from '../trace/model.js';
import { deferred } from '../util/deferred.js';
import type { Ns } from '../util/units.js';
import { AggregateTotals } from './aggregate-totals.js';
import type { AggregateOptions } from './options.js';
import { callerOf } from './placement/executable-code.js';
import type { ProbePlan } from './plan.js';
import type { Collection, Collector } from './session.js';
import type { Target } from './target.js';

/** The sums so far. */
export interface Snapshot {
  readonly totals: CallTotals;
  readonly threads: number;
  /** Since the target's exec, or since the attach. */
  readonly span: Ns;
  /** Returns whose call is not known. */
  readonly orphans: number;
  /** Calls that were counted but not timed: deeper than the stacks in the kernel. */
  readonly tooDeep: number;
  /** Calls that were counted but not timed: more threads at once than stacks. */
  readonly withoutStack: number;
  /** Calls of library functions that were dropped: who called could not be read. */
  readonly withoutCaller: number;
}

/** Whoever is shown the sums while the program runs. */
export interface SummarySink {
  /** Before the target runs. */
  begin(plan: ProbePlan, states: readonly ProbeState[]): void;
  /** At each interval. */
  show(snapshot: Snapshot): void;
}

export interface TotalsRequest {
  readonly target: Target;
  readonly plan: ProbePlan;
  readonly options: AggregateOptions;
  readonly sink: SummarySink;
  readonly say: (line: string) => void;
}

/** In this time no 32-bit counter of the kernel can wrap. */
const POLL_MS = 60_000;

/** @throws UtraceError of `loadObject` */
export function collectTotals(request: TotalsRequest): Collection<{ readonly snapshot: Snapshot }> {
  const { target, plan, options, sink } = request;
  const { pid } = target.recorded;
  const functions = plan.functions.length;
  const threads = target.recorded.threads.length;
  const caller = callerOf(target);
  const object = loadSummaryObject({
    engine: options.engine,
    probes: plan.sites.length,
    tgid: pid,
    caller,
    tid: options.tid,
    functions,
    threads,
  });
  const timers: NodeJS.Timeout[] = [];
  const stopTimers = (): void => {
    for (const timer of timers.splice(0)) clearInterval(timer);
  };
  return {
    object,
    close: stopTimers,
    start: async (states): Promise<Collector<{ readonly snapshot: Snapshot }>> => {
      const reader = new TotalsReader(object, threads);
      const failure = deferred<never>();
      sink.begin(plan, states);
      timers.push(setInterval(() => reader.totals.poll(), POLL_MS));
      if (options.interval !== undefined) {
        const show = (): void => {
          try {
            sink.show(reader.snapshot());
          } catch (error) {
            failure.reject(error);
          }
        };
        timers.push(setInterval(show, options.interval / 1e6));
      }
      return {
        failure: failure.promise,
        finish: async () => {
          stopTimers();
          if (options.debug) request.say(`${reader.maps.stacksInUse()} stacks in use at the end`);
          return { snapshot: reader.snapshot() };
        },
      };
    },
  };
}

class TotalsReader {
  readonly maps: SummaryMaps;
  readonly totals: AggregateTotals;
  readonly #start = process.hrtime.bigint();

  /** `threads`: those that were there before the probes. */
  constructor(
    object: SummaryObject,
    readonly threads: number,
  ) {
    this.maps = new SummaryMaps(object);
    this.totals = new AggregateTotals(this.maps);
  }

  snapshot(): Snapshot {
    const now = process.hrtime.bigint();
    const started = this.maps.shared(SharedWord.Started);
    const count = (word: SharedWord): number => Number(this.maps.shared(word));
    return {
      totals: this.totals.read(now),
      threads: this.threads + count(SharedWord.Threads),
      span: Number(now - (started === 0n ? this.#start : started)) as Ns,
      orphans: count(SharedWord.Orphans),
      tooDeep: count(SharedWord.TooDeep),
      withoutStack: count(SharedWord.NoStack),
      withoutCaller: count(SharedWord.NoCaller),
    };
  }
}
