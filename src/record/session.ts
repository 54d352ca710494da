/**
 * One run from a prepared target to its end: BPF, probes, release, wait, finish; what becomes of the hits is the
 * collection's. On every way out the probes are removed, and a target that was not released is ended unborn.
 */
import type { ProbeObject } from '../bpf/object.js';
import type { ProbeState } from '../trace/model.js';
import { UtraceError } from '../util/errors.js';
import type { ModuleId } from '../util/units.js';
import { attachProbes } from './attach-probes.js';
import type { TargetEnd } from './launch.js';
import type { ProbePlan } from './plan.js';
import type { SessionEnd } from './result.js';
import { type SignalWatch, watchSignals } from './signals.js';
import type { Target } from './target.js';

export interface Session<Totals> {
  readonly target: Target;
  readonly plan: ProbePlan;
  readonly debug: boolean;
  /** The path by which this process reaches a module's file. */
  readonly pathOf: (module: ModuleId) => string;
  /** Loads the BPF programs; nothing is probed yet. */
  readonly load: () => Collection<Totals>;
  readonly say: (line: string) => void;
}

/** Where the hits go: a ring that is drained, or totals in the kernel. */
export interface Collection<Totals> {
  readonly object: ProbeObject;
  /** The probes stand; a launched target does not run yet. */
  start(states: readonly ProbeState[]): Promise<Collector<Totals>>;
  /** On every way out, after probes and programs are gone; also where `start` was never reached. */
  close(): void;
}

export interface Collector<Totals> {
  /** Takes what is left: no probe can fire any more, or the target has ended (`end`). */
  finish(end: TargetEnd | undefined): Promise<Totals>;
  /** Rejects when the collection cannot go on (disk full); never resolves. */
  readonly failure: Promise<never>;
}

/** @throws UtraceError of BPF, attach or output; the target runs on where it ran. */
export async function runSession<Totals>(session: Session<Totals>): Promise<Totals & SessionEnd> {
  const { target, plan, say } = session;
  // From the start: the target may act at once when it is released, and so may whoever watches it.
  const signals = watchSignals(target, say);
  const closers: (() => void)[] = [];
  const detach = (): void => {
    for (const close of closers.splice(0)) close();
  };
  try {
    const { pid } = target.recorded;
    const collection = session.load();
    const { object } = collection;
    closers.push(object.close, collection.close);
    const probes = attachProbes(plan, object, pid, session.pathOf);
    closers.unshift(probes.detach);
    if (session.debug) say(`engine ${object.engine}, ${probes.probed} probes\n${object.log}`);
    const collector = await collection.start(probes.states);
    target.release();
    if (target.kind === 'attach') say(`tracing process ${pid}; Ctrl-C ends the trace, the process runs on`);
    const outcome = await waitForOutcome(target, signals, collector.failure);
    if (outcome.kind !== 'ended') detach();
    if (outcome.kind === 'failed') {
      await runOnUnrecorded(target, signals, outcome.error, say);
      throw outcome.error;
    }
    const end = outcome.kind === 'ended' ? outcome.end : undefined;
    const totals = await collector.finish(end);
    const stoppedBy = outcome.kind === 'stopped' && target.kind === 'launch' ? outcome.signal : undefined;
    if (stoppedBy !== undefined) say(`stopped recording; the target runs on as process ${pid}`);
    return {
      ...totals,
      exitCode: end?.exitCode,
      signal: end?.signal ?? stoppedBy,
      found: plan.functions.length,
      probed: probes.probed,
      failed: probes.failed,
    };
  } finally {
    target.abandon();
    detach();
    target.forget();
    signals.close();
  }
}

type Outcome =
  | { readonly kind: 'ended'; readonly end: TargetEnd }
  | { readonly kind: 'stopped'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'failed'; readonly error: unknown };

async function waitForOutcome(
  target: Target,
  signals: SignalWatch,
  failure: Promise<never>,
): Promise<Outcome> {
  return await Promise.race([
    target.ended.then((end) => ({ kind: 'ended', end }) as const),
    signals.stopped.then((signal) => ({ kind: 'stopped', signal }) as const),
    failure.catch((error: unknown) => ({ kind: 'failed', error }) as const),
  ]);
}

/** The recorder failed, the target did not: it finishes its work without probes before the failure is reported. */
async function runOnUnrecorded(
  target: Target,
  signals: SignalWatch,
  error: unknown,
  say: (line: string) => void,
): Promise<void> {
  if (target.kind === 'attach') return;
  const reason = error instanceof UtraceError ? error.message : String(error);
  say(`recording stopped: ${reason}; the target runs on without probes`);
  await Promise.race([target.ended, signals.stopped]);
}
