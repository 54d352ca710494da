/**
 * The drain worker: empties the ring, resolves the call stacks, writes the trace (or relays it live).
 * It never waits for anything but its own clock: the ring is polled every 1 ms while events come, every 5 ms otherwise.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import {
  isMainThread,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { RingReader } from '../bpf/ring.js';
import { filterEvents } from '../trace/filter.js';
import { TraceWriter } from '../trace/writer.js';
import { UtraceError } from '../util/errors.js';
import type { Ns, Pid, Tid } from '../util/units.js';
import { resumeWhenDrained } from './back-pressure.js';
import { ControlWord, type DrainInput, type DrainMessage, type FinishRequest } from './drain-protocol.js';
import { LiveRelay } from './live-relay.js';
import { type MappingInput, Mappings } from './mappings.js';
import { Recorder } from './recorder.js';
import { SharedState } from './shared-state.js';
import type { TraceOutput } from './trace-output.js';

const COMMIT_INTERVAL = 500e6;
const BUSY_WAIT_MS = 1;
const IDLE_WAIT_MS = 5;
/** An event may reach the ring this much after its timestamp: the thread can be preempted in between. */
const SETTLE_TIME = 20e6;

if (!isMainThread && parentPort !== null) runWorker(workerData as DrainInput, parentPort);

function runWorker(input: DrainInput, port: MessagePort): void {
  try {
    post(port, drain(input, port));
  } catch (error) {
    const facts = error instanceof UtraceError ? error : undefined;
    post(port, {
      kind: 'failed',
      code: facts?.code ?? 'DRAIN_FAILED',
      message: facts?.message ?? `the drain worker failed: ${error instanceof Error ? error.stack : error}`,
      hint: facts?.hint,
      exitCode: facts?.exitCode ?? 125,
    });
  }
}

function drain(input: DrainInput, port: MessagePort): DrainMessage {
  const rawNow = (): number => Number(process.hrtime.bigint() - input.startTime);
  const control = new Int32Array(input.control);
  const ring = new RingReader(input.ringFd, input.ringBytes);
  const shared = new SharedState(input.sharedFd);
  const writer = input.tracePath === undefined ? undefined : TraceWriter.open(input.tracePath);
  const output: TraceOutput = writer ?? new LiveRelay(port, control);
  const tids: number[] = [];
  const events = filterEvents(input.filter, { tidOf: (thread) => tids[thread] as Tid | undefined }, output);
  const withoutReturn = new Set<number>(input.withoutReturn);
  const hasReturn = (fn: number): boolean => !withoutReturn.has(fn);
  const recorder = new Recorder(
    input.target,
    trackTids(output, tids),
    events,
    executableOf,
    hasReturn,
    input.functions,
  );
  const mappings = writer && new Mappings(mappingInput(input), writer);
  post(port, { kind: 'ready' });

  let lastCommit = 0;
  for (;;) {
    const finishing = Atomics.load(control, ControlWord.Finish) === 1;
    const roundStart = rawNow() - recorder.stopped;
    const records = ring.drain(recorder.record);
    shared.pollLosses(roundStart, (loss) => output.addLoss(loss));
    recorder.reportOrphans(roundStart as Ns);
    resumeWhenDrained(shared, ring, recorder, input.target.pid, rawNow);
    mappings?.poll();
    if (finishing && records === 0) break;
    events.advance(Math.max(0, roundStart - SETTLE_TIME) as Ns);
    if (roundStart - lastCommit > COMMIT_INTERVAL) {
      output.commit();
      lastCommit = roundStart;
    }
    if (!finishing) Atomics.wait(control, ControlWord.Finish, 0, records > 0 ? BUSY_WAIT_MS : IDLE_WAIT_MS);
  }
  mappings?.finish();
  const request = receiveMessageOnPort(port)?.message as FinishRequest | undefined;
  const time = (rawNow() - recorder.stopped) as Ns;
  finish(recorder, output, request, time);
  return {
    kind: 'finished',
    calls: recorder.calls,
    lost: shared.lost + recorder.orphans,
    stopped: recorder.stopped as Ns,
    callsByFunction: recorder.callsByFunction,
    span: (time - recorder.started) as Ns,
  };
}

function mappingInput({ mappingFds, startTime, target, modules }: DrainInput): MappingInput {
  return { fds: mappingFds, startTime, pid: target.pid, execsAhead: target.execsAhead, modules };
}

function finish(recorder: Recorder, output: TraceOutput, request: FinishRequest | undefined, time: Ns): void {
  recorder.events.advance(time);
  if (request?.end !== undefined) recorder.end({ ...request.end, time });
  else nameOpenThreads(recorder, output);
  output.finish(time);
}

/** Threads that live on have told nobody their name yet; threads that ended did so in their exit record. */
function nameOpenThreads(recorder: Recorder, output: TraceOutput): void {
  for (const { tid, id } of recorder.openThreads()) {
    try {
      const name = readFileSync(`/proc/${recorder.target.pid}/task/${tid}/comm`, 'utf8');
      output.renameThread(id, name.trimEnd());
    } catch {
      // Gone between its last event and now: the name it was started with stays.
    }
  }
}

function executableOf(pid: Pid): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

/** The filter asks for the tid of a thread; the output learns it first. */
function trackTids(output: TraceOutput, tids: number[]): TraceOutput {
  const addThread = output.addThread.bind(output);
  output.addThread = (thread) => {
    tids[thread.id] = thread.tid;
    addThread(thread);
  };
  return output;
}

function post(port: MessagePort, message: DrainMessage): void {
  port.postMessage(message);
}
