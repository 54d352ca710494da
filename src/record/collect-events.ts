/**
 * The collection of every event: a ring, the worker that drains it, and what guards a target that back-pressure
 * may stop.
 */
import type { Engine } from '../bpf/engine.js';
import { loadEventObject } from '../bpf/event-object.js';
import { ErrnoError } from '../bpf/libc.js';
import { closeMappingRings, type MappingRing, openMappingRings } from '../bpf/mapping-events.js';
import type { ProbeState, ProcessEnd } from '../trace/model.js';
import { onlineCpus } from '../util/cpus.js';
import type { FunctionId, Ns, Pid } from '../util/units.js';
import { continueTarget } from './back-pressure.js';
import { type DrainRequest, startDrain } from './drain.js';
import type { DrainTotals } from './drain-protocol.js';
import type { TargetEnd } from './launch.js';
import type { RecordOptions } from './options.js';
import { callerOf } from './placement/executable-code.js';
import type { ProbePlan } from './plan.js';
import { processStat } from './process-stat.js';
import type { Collection } from './session.js';
import type { Target } from './target.js';
import { startWatchdog } from './watchdog.js';

/** Share of the ring that waits when back-pressure stops the target; the rest takes what its threads still do. */
const STOP_SHARE = 3 / 4;

export interface EventCollectionRequest {
  readonly target: Target;
  readonly plan: ProbePlan;
  readonly options: RecordOptions;
  /** CLOCK_MONOTONIC at time 0 of the trace, ns. */
  readonly startTime: bigint;
  /** Told what was probed before the target runs; gives where the events go. */
  readonly begin: (engine: Engine, states: readonly ProbeState[]) => DrainRequest['output'];
  readonly say: (line: string) => void;
}

/** @throws UtraceError of `loadObject` */
export function collectEvents(request: EventCollectionRequest): Collection<DrainTotals> {
  const { target, plan, options, startTime } = request;
  const { pid } = target.recorded;
  const { ringBytes, onFull } = options;
  const closers: (() => void)[] = [];
  const close = (): void => {
    for (const closer of closers.splice(0)) closer();
  };
  if (onFull === 'block') closers.push(guardTarget(pid));
  try {
    const stopAbove = onFull === 'block' ? ringBytes * STOP_SHARE : 0;
    const object = loadEventObject({
      engine: options.engine,
      probes: plan.sites.length,
      startTime,
      tgid: pid,
      caller: callerOf(target),
      ringBytes,
      stopAbove,
    });
    return { object, start, close };

    async function start(states: readonly ProbeState[]) {
      const mappingRings = watchMappings(request);
      closers.push(() => closeMappingRings(mappingRings));
      const drain = await startDrain({
        ringFd: object.ringFd,
        ringBytes: object.ringBytes,
        sharedFd: object.sharedFd,
        startTime,
        target: target.recorded,
        filter: options.filter,
        mappingFds: mappingRings.map((ring) => ring.fd),
        modules: plan.modules,
        functions: plan.functions.length,
        withoutReturn: withoutReturn(states),
        output: request.begin(object.engine, states),
      });
      return {
        failure: drain.failure,
        finish: (end: TargetEnd | undefined) => drain.finish(end && processEnd(end, startTime)),
      };
    }
  } catch (error) {
    close();
    throw error;
  }
}

/** Only the trace's `mapping` table hangs on this: where perf events are refused it stays empty, and that is said. */
function watchMappings({ target, say }: EventCollectionRequest): MappingRing[] {
  try {
    return openMappingRings(target.recorded.pid, onlineCpus());
  } catch (error) {
    if (!(error instanceof ErrnoError)) throw error;
    say(`the trace will not tell where modules were mapped: ${error.call}: ${error.errno}`);
    return [];
  }
}

/**
 * Whatever happens to us, a target that back-pressure stopped goes on: on every way out of the session by the
 * closer given back (probes are gone by then, so nothing stops it again), on SIGKILL by the watchdog.
 */
function guardTarget(pid: Pid): () => void {
  const watchdog = startWatchdog(pid);
  return () => {
    if (/^[Tt]$/.test(processStat(pid)?.[0] ?? '')) continueTarget(pid);
    watchdog.dismiss();
  };
}

function withoutReturn(states: readonly ProbeState[]): FunctionId[] {
  return states.flatMap((state, id) =>
    state.status === 'probed' && !state.returns ? [id as FunctionId] : [],
  );
}

function processEnd(end: TargetEnd, startTime: bigint): ProcessEnd {
  return { time: Number(process.hrtime.bigint() - startTime) as Ns, ...end };
}
