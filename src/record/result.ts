/** What a recording came to. */
import type { Ns } from '../util/units.js';

export interface RecordResult {
  /** The target's own status; undefined where a signal ended it or it lives on. */
  readonly exitCode: number | undefined;
  /** Name of the signal that ended the target, or that ended the recording at once. */
  readonly signal: NodeJS.Signals | undefined;
  readonly calls: number;
  readonly lost: number;
  /** Time that back-pressure held the target, ns; not in the trace's times. */
  readonly stopped: Ns;
  readonly found: number;
  readonly probed: number;
  readonly failed: number;
}
