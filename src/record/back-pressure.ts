/**
 * The other half of back-pressure: BPF stopped the target because the ring was nearly full; once it is drained the
 * target goes on. Nothing of the target ran in between, so this time is taken out of the trace's clock.
 */
import type { RingReader } from '../bpf/ring.js';
import type { Ns, Pid } from '../util/units.js';
import type { Recorder } from './recorder.js';
import type { SharedState } from './shared-state.js';

/** Share of the ring that may wait when the target goes on. */
const RESUME_BELOW = 1 / 8;

/** Call after each drain round. `now` is the raw clock, without the stopped time taken out. */
export function resumeWhenDrained(
  shared: SharedState,
  ring: RingReader,
  recorder: Recorder,
  pid: Pid,
  now: () => number,
): void {
  if (!shared.stopSent || ring.pending() > ring.bytes * RESUME_BELOW) return;
  shared.clearStop();
  recorder.skipStopped(now() as Ns);
  continueTarget(pid);
}

/** SIGCONT; a target that has ended meanwhile is no error. */
export function continueTarget(pid: Pid): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // ESRCH
  }
}
