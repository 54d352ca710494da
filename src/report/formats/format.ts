/** What a format is made of: a visitor of calls, and what it writes before and after the replay. */
import type { CallVisitor } from '../call-stacks.js';
import type { ReplayOrder } from '../replay.js';

export interface Format {
  readonly order: ReplayOrder;
  readonly visitor: CallVisitor;
  /** Text for people opens with the header line; what other programs read does not. */
  readonly opensWithHeader: boolean;
  begin?(): void;
  end(): void;
}
