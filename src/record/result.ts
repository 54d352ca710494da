/** What a run came to. */
import type { DrainTotals } from './drain-protocol.js';

/** Of every run, whatever was collected. */
export interface SessionEnd {
  /** The target's own status; undefined where a signal ended it or it lives on. */
  readonly exitCode: number | undefined;
  /** Name of the signal that ended the target, or that ended the recording at once. */
  readonly signal: NodeJS.Signals | undefined;
  readonly found: number;
  readonly probed: number;
  readonly failed: number;
}

export type RecordResult = SessionEnd & DrainTotals;
