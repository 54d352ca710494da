/**
 * One recording from a prepared target to its end: BPF, probes, drain worker, release, wait, finish.
 * On every way out the probes are removed, and a target that was not released is ended unborn.
 */
import { ErrnoError } from '../bpf/libc.js';
import { closeMappingRings, type MappingRing, openMappingRings } from '../bpf/mapping-events.js';
import { type LoadedObject, loadObject } from '../bpf/object.js';
import type { ProbeState, ProcessEnd } from '../trace/model.js';
import { onlineCpus } from '../util/cpus.js';
import { UtraceError } from '../util/errors.js';
import type { ModuleId, Ns, Pid } from '../util/units.js';
import { attachProbes } from './attach-probes.js';
import { continueTarget } from './back-pressure.js';
import { type Drain, type DrainRequest, startDrain } from './drain.js';
import type { TargetEnd } from './launch.js';
import type { RecordOptions } from './options.js';
import { executableCode } from './placement/executable-code.js';
import type { ProbePlan } from './plan.js';
import { processStat } from './process-stat.js';
import type { RecordResult } from './result.js';
import { watchSignals } from './signals.js';
import type { Target } from './target.js';
import { startWatchdog } from './watchdog.js';

/** Share of the ring that waits when back-pressure stops the target; the rest takes what its threads still do. */
const STOP_SHARE = 3 / 4;

export interface Session {
  readonly target: Target;
  readonly plan: ProbePlan;
  readonly options: RecordOptions;
  /** CLOCK_MONOTONIC at time 0 of the trace, ns. */
  readonly startTime: bigint;
  /** The path by which this process reaches a module's file. */
  readonly pathOf: (module: ModuleId) => string;
  /** Told what was probed before the target runs; gives where the events go. */
  readonly begin: (engine: LoadedObject['engine'], states: readonly ProbeState[]) => DrainRequest['output'];
  readonly say: (line: string) => void;
}

/** @throws UtraceError of BPF, attach or output; the target runs on where it ran. */
export async function runSession(session: Session): Promise<RecordResult> {
  const { target, plan, startTime, say } = session;
  const closers: (() => void)[] = [];
  const detach = (): void => {
    for (const close of closers.splice(0)) close();
  };
  try {
    const { pid } = target.recorded;
    const { ringBytes, onFull } = session.options;
    const stopAbove = onFull === 'block' ? ringBytes * STOP_SHARE : 0;
    if (onFull === 'block') closers.push(guardTarget(pid));
    const object = loadObject({
      startTime,
      tgid: pid,
      ringBytes,
      stopAbove,
      execsAhead: target.recorded.execsAhead,
      code: target.kind === 'attach' ? executableCode(pid) : undefined,
    });
    closers.unshift(object.close);
    const probes = attachProbes(plan, object, pid, session.pathOf);
    closers.unshift(probes.detach);
    if (session.options.debug) say(`engine ${object.engine}, ${probes.probed} probes\n${object.log}`);
    const mappingRings = watchMappings(session);
    closers.push(() => closeMappingRings(mappingRings));
    const drain = await startDrain({
      ringFd: object.ringFd,
      ringBytes: object.ringBytes,
      sharedFd: object.sharedFd,
      startTime,
      target: target.recorded,
      filter: session.options.filter,
      mappingFds: mappingRings.map((ring) => ring.fd),
      modules: plan.modules,
      output: session.begin(object.engine, probes.states),
    });
    target.release();
    const outcome = await waitForOutcome(target, drain, say);
    if (outcome.kind !== 'ended') detach();
    if (outcome.kind === 'failed') {
      await runOnUnrecorded(target, outcome.error, say);
      throw outcome.error;
    }
    const end = outcome.kind === 'ended' ? outcome.end : undefined;
    const totals = await drain.finish(end && processEnd(end, startTime));
    const stoppedBy = outcome.kind === 'stopped' && target.kind === 'launch' ? outcome.signal : undefined;
    if (stoppedBy !== undefined) say(`stopped recording; the target runs on as process ${pid}`);
    return {
      exitCode: end?.exitCode,
      signal: end?.signal ?? stoppedBy,
      ...totals,
      found: plan.functions.length,
      probed: probes.probed,
      failed: probes.failed,
    };
  } finally {
    target.abandon();
    detach();
    target.forget();
  }
}

/** Only the trace's `mapping` table hangs on this: where perf events are refused it stays empty, and that is said. */
function watchMappings({ target, say }: Session): MappingRing[] {
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

type Outcome =
  | { readonly kind: 'ended'; readonly end: TargetEnd }
  | { readonly kind: 'stopped'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'failed'; readonly error: unknown };

async function waitForOutcome(target: Target, drain: Drain, say: (line: string) => void): Promise<Outcome> {
  const signals = watchSignals(target, say);
  try {
    return await Promise.race([
      target.ended.then((end) => ({ kind: 'ended', end }) as const),
      signals.stopped.then((signal) => ({ kind: 'stopped', signal }) as const),
      drain.failure.catch((error: unknown) => ({ kind: 'failed', error }) as const),
    ]);
  } finally {
    signals.close();
  }
}

/** The recorder failed, the target did not: it finishes its work without probes before the failure is reported. */
async function runOnUnrecorded(target: Target, error: unknown, say: (line: string) => void): Promise<void> {
  if (target.kind === 'attach') return;
  const reason = error instanceof UtraceError ? error.message : String(error);
  say(`recording stopped: ${reason}; the target runs on without probes`);
  const signals = watchSignals(target, say);
  await Promise.race([target.ended, signals.stopped]);
  signals.close();
}

function processEnd(end: TargetEnd, startTime: bigint): ProcessEnd {
  return { time: Number(process.hrtime.bigint() - startTime) as Ns, ...end };
}
