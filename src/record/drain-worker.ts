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
import type { TraceLoss } from '../trace/model.js';
import { TraceWriter } from '../trace/writer.js';
import { UtraceError } from '../util/errors.js';
import type { Ns, Pid } from '../util/units.js';
import { ControlWord, type DrainInput, type DrainMessage, type FinishRequest } from './drain-protocol.js';
import { LiveRelay } from './live-relay.js';
import { LossCounters } from './losses.js';
import { type MappingInput, Mappings } from './mappings.js';
import { Recorder } from './recorder.js';
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
  const now = (): number => Number(process.hrtime.bigint() - input.startTime);
  const control = new Int32Array(input.control);
  const ring = new RingReader(input.ringFd, input.ringBytes);
  const losses = new LossCounters(input.countersFd);
  const writer = input.tracePath === undefined ? undefined : TraceWriter.open(input.tracePath);
  const output: TraceOutput = writer ?? new LiveRelay(port, control);
  const tids: number[] = [];
  const events = filterEvents(input.filter, { tidOf: (thread) => tids[thread] as never }, output);
  const recorder = new Recorder(input.target, trackTids(output, tids), events, executableOf);
  const onLoss = (loss: TraceLoss): void => output.addLoss(loss);
  const mappings = writer && new Mappings(mappingInput(input), writer);
  post(port, { kind: 'ready' });

  let lastCommit = now();
  let orphansSeen = 0;
  for (;;) {
    const finishing = Atomics.load(control, ControlWord.Finish) === 1;
    const roundStart = now();
    const records = ring.drain(recorder.record);
    losses.poll(roundStart, onLoss);
    if (recorder.orphans > orphansSeen) {
      const count = recorder.orphans - orphansSeen;
      onLoss({ from: lastCommit as Ns, to: roundStart as Ns, count, cause: 'return without its call' });
      orphansSeen = recorder.orphans;
    }
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
  finish(recorder, output, request, now() as Ns);
  return { kind: 'finished', calls: recorder.calls, lost: losses.lost };
}

function mappingInput({ mappingFds, startTime, target, modules }: DrainInput): MappingInput {
  return { fds: mappingFds, startTime, pid: target.pid, execsAhead: target.execsAhead, modules };
}

function finish(recorder: Recorder, output: TraceOutput, request: FinishRequest | undefined, time: Ns): void {
  recorder.events.advance(time);
  if (request?.end !== undefined) recorder.end(request.end);
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
