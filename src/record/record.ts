/**
 * Records or shows one run: plan, target, output, session. The one entry point of this folder for commands.
 */
import { arch, cpus, hostname, release } from 'node:os';
import type { ProbeState, TraceHeader } from '../trace/model.js';
import { TraceWriter } from '../trace/writer.js';
import type { FunctionId } from '../util/units.js';
import { version } from '../util/version.js';
import { collectEvents } from './collect-events.js';
import { describeOverhead } from './costs/overhead.js';
import { probeCosts } from './costs/probe-costs.js';
import type { DrainRequest } from './drain.js';
import type { LiveSink } from './live-sink.js';
import type { RecordOptions } from './options.js';
import { type PreparedTarget, prepareTarget } from './prepare-target.js';
import { requirePrivileges } from './privileges.js';
import type { RecordResult } from './result.js';
import { runSession } from './session.js';

export type RecordOutput =
  | { readonly kind: 'trace'; readonly path: string }
  | { readonly kind: 'live'; readonly sink: LiveSink };

/**
 * Plans, probes, runs and waits. `say` takes lines for stderr: notes of the plan, signals, losses.
 * @throws UtraceError before the target runs, or when the recording (not the target) failed.
 */
export async function record(
  options: RecordOptions,
  output: RecordOutput,
  say: (line: string) => void,
): Promise<RecordResult> {
  const prepared = await prepareTarget(options);
  const { plan } = prepared;
  for (const note of plan.notes) say(note);
  requirePrivileges(options.target.kind === 'launch' && options.target.user !== undefined);
  const costs = await probeCosts(options.engine);
  const startTime = process.hrtime.bigint();
  const writer = output.kind === 'trace' ? createTrace(output.path, prepared, options, startTime) : undefined;
  const target = await prepared.start();
  let probed: readonly ProbeState[] = [];
  const begin = (engine: TraceHeader['engine'], states: readonly ProbeState[]): DrainRequest['output'] => {
    probed = states;
    if (output.kind === 'live') {
      output.sink.begin(plan.functions, plan.modules);
      return output;
    }
    writer?.addProbes(states, 0 as FunctionId);
    writer?.addProbeCosts(costs.values());
    writer?.setEngine(engine);
    writer?.close();
    return output;
  };
  const result = await runSession({
    target,
    plan,
    debug: options.debug,
    pathOf: (module) => plan.modules[module]!.path,
    load: () => collectEvents({ target, plan, options, startTime, begin, say }),
    say,
  });
  if (output.kind === 'live') output.sink.end();
  const { callsByFunction: calls, span } = result;
  const overhead = describeOverhead({ functions: plan.functions, states: probed, costs, calls, span });
  if (overhead !== undefined) say(overhead);
  return result;
}

function createTrace(
  path: string,
  prepared: PreparedTarget,
  options: RecordOptions,
  startTime: bigint,
): TraceWriter {
  const writer = TraceWriter.create(path, traceHeader(prepared.command, options, startTime), invokingUser());
  writer.addModules(prepared.plan.modules);
  writer.addFunctions(prepared.plan.functions);
  return writer;
}

function traceHeader(command: readonly string[], options: RecordOptions, startTime: bigint): TraceHeader {
  return {
    utraceVersion: version(),
    command,
    mode: options.target.kind,
    workingDirectory: process.cwd(),
    host: hostname(),
    kernel: release(),
    machine: arch() === 'x64' ? 'x86_64' : arch(),
    cpus: cpus().length,
    clock: 'CLOCK_MONOTONIC',
    startMonotonic: startTime,
    startRealtime: BigInt(Date.now()) * 1_000_000n - (process.hrtime.bigint() - startTime),
    engine: 'session',
    options: { selection: options.selection, filter: options.filter, placement: options.placement },
  };
}

/** Under sudo the trace belongs to who called it. */
function invokingUser(): { uid: number; gid: number } | undefined {
  const uid = Number(process.env.SUDO_UID);
  const gid = Number(process.env.SUDO_GID);
  return process.getuid?.() === 0 && uid > 0 && Number.isInteger(gid) ? { uid, gid } : undefined;
}
