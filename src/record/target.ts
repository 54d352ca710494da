/**
 * A target the recorder can probe: held before its exec (launch), or alive (attach). Both are told apart
 * here and nowhere after.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Pid, Tid } from '../util/units.js';
import { type LaunchRequest, launchHeld, type TargetEnd } from './launch.js';
import { hasEnded, processStartTime, processStat } from './process-stat.js';
import type { RecordedTarget } from './recorder.js';

export interface Target {
  readonly kind: 'launch' | 'attach';
  readonly recorded: RecordedTarget;
  /** Lets a held target run. */
  release(): void;
  /** Ends a target that was held and not released; nothing else. */
  abandon(): void;
  /** Settles when the target ended; for an attached one nothing is known of how. */
  readonly ended: Promise<TargetEnd>;
  /** Hands a signal on to a launched target; an attached one never gets ours. */
  signal(name: NodeJS.Signals): void;
  /** utrace may end while the target runs on. */
  forget(): void;
}

/** @throws UtraceError LAUNCH_FAILED */
export async function launchTarget(request: LaunchRequest): Promise<Target> {
  const held = await launchHeld(request);
  return {
    kind: 'launch',
    recorded: {
      pid: held.pid,
      parentPid: process.pid as Pid,
      executable: request.program,
      execsAhead: held.execsAhead,
      threads: [],
    },
    release: held.release,
    abandon: held.abandon,
    ended: held.ended,
    signal: held.signal,
    forget: held.forget,
  };
}

/** The process was checked before; where it ends meanwhile, `ended` says so. */
export function attachTarget(pid: Pid, executable: string): Target {
  const watch = watchProcess(pid);
  return {
    kind: 'attach',
    recorded: {
      pid,
      parentPid: (Number(processStat(pid)?.[1]) || 0) as Pid,
      executable,
      execsAhead: 0,
      threads: liveThreads(pid),
    },
    release: () => {},
    abandon: () => {},
    ended: watch.ended,
    signal: () => {},
    forget: watch.stop,
  };
}

const WATCH_INTERVAL_MS = 50;

/** Polls, because only a parent is told of a process's end; the start time tells a reused pid from the target. */
function watchProcess(pid: Pid): { ended: Promise<TargetEnd>; stop: () => void } {
  const startTime = processStartTime(pid);
  let stop = (): void => {};
  const ended = new Promise<TargetEnd>((resolve) => {
    const timer = setInterval(() => {
      if (!hasEnded(pid, startTime)) return;
      clearInterval(timer);
      resolve({ exitCode: undefined, signal: undefined });
    }, WATCH_INTERVAL_MS);
    stop = () => clearInterval(timer);
  });
  return { ended, stop };
}

function liveThreads(pid: Pid): { tid: Tid; name: string }[] {
  const directory = `/proc/${pid}/task`;
  const threads: { tid: Tid; name: string }[] = [];
  for (const entry of readdirSync(directory)) {
    try {
      threads.push({
        tid: Number(entry) as Tid,
        name: readFileSync(`${directory}/${entry}/comm`, 'utf8').trimEnd(),
      });
    } catch {
      // The thread ended between the listing and the read.
    }
  }
  return threads;
}
