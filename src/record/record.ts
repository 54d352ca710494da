/**
 * Records or shows one run: plan, target, output, session. The one entry point of this folder for commands.
 */
import { readFileSync } from 'node:fs';
import { arch, cpus, hostname, release } from 'node:os';
import { findLibraries } from '../symbols/library-search.js';
import { findProcessModules } from '../symbols/process-modules.js';
import type { ProbeState, TraceHeader } from '../trace/model.js';
import { TraceWriter } from '../trace/writer.js';
import type { FunctionId } from '../util/units.js';
import { version } from '../util/version.js';
import type { DrainRequest } from './drain.js';
import type { LaunchRequest } from './launch.js';
import type { LiveSink } from './live-sink.js';
import { makePlan } from './make-plan.js';
import type { RecordOptions } from './options.js';
import type { ProbePlan } from './plan.js';
import type { RecordResult } from './result.js';
import { runSession } from './session.js';
import { attachTarget, launchTarget, type Target } from './target.js';
import { findProgram, findUser, requirePrivileges, requireProcess } from './target-check.js';

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
  const prepared = prepare(options);
  const { plan } = prepared;
  for (const note of plan.notes) say(note);
  requirePrivileges(options.target.kind === 'launch' && options.target.user !== undefined);
  const startTime = process.hrtime.bigint();
  const writer = output.kind === 'trace' ? createTrace(output.path, prepared, options, startTime) : undefined;
  const target = await prepared.start();
  const begin = (engine: TraceHeader['engine'], states: readonly ProbeState[]): DrainRequest['output'] => {
    if (output.kind === 'live') {
      output.sink.begin(plan.functions, plan.modules);
      return output;
    }
    writer?.addProbes(states, 0 as FunctionId);
    writer?.setEngine(engine);
    writer?.close();
    return output;
  };
  const result = await runSession({
    target,
    plan,
    options,
    startTime,
    pathOf: (module) => plan.modules[module]!.path,
    begin,
    say,
  });
  if (output.kind === 'live') output.sink.end();
  return result;
}

/** The plan alone, for `--list`: nothing is run, no privilege is needed. */
export function planOf(options: RecordOptions): ProbePlan {
  return prepare(options).plan;
}

interface Prepared {
  readonly plan: ProbePlan;
  readonly command: readonly string[];
  readonly start: () => Promise<Target>;
}

function prepare(options: RecordOptions): Prepared {
  const { target, selection } = options;
  if (target.kind === 'attach') {
    requireProcess(target.pid);
    const modules = findProcessModules(target.pid);
    return {
      plan: makePlan({ ...modules, selection }),
      command: readFileSync(`/proc/${target.pid}/cmdline`, 'utf8').split('\0').slice(0, -1),
      start: async () => attachTarget(target.pid, modules.executable),
    };
  }
  const user = target.user === undefined ? undefined : findUser(target.user);
  const program = findProgram(target.argv[0], user);
  const { libraries } = findLibraries(program, process.env);
  const request: LaunchRequest = { ...target, program, user };
  return {
    plan: makePlan({ executable: program, libraries, selection }),
    command: target.argv,
    start: () => launchTarget(request),
  };
}

function createTrace(
  path: string,
  prepared: Prepared,
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
    options: { selection: options.selection, filter: options.filter },
  };
}

/** Under sudo the trace belongs to who called it. */
function invokingUser(): { uid: number; gid: number } | undefined {
  const uid = Number(process.env.SUDO_UID);
  const gid = Number(process.env.SUDO_GID);
  return process.getuid?.() === 0 && uid > 0 && Number.isInteger(gid) ? { uid, gid } : undefined;
}
