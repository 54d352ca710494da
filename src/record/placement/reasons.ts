/** Words for where a probe stands and why; they stand in `--list` and in the trace. */
import type { Obstacle } from './first-block.js';
import type { InstructionClass } from './instruction-class.js';

/** What the probe stands on: a class that the kernel emulates, or `stepped`. */
export type SiteInstruction = InstructionClass | 'stepped';

export type PlacementReason =
  | 'entry'
  | 'moved past endbr64'
  | 'moved to the first cheap instruction'
  | 'asked for with --placement=entry'
  | 'library call: function instead of stub'
  | 'library call: stub'
  | RefusedMove
  | Obstacle;

/** There is a cheap site, and it is not proven right. */
export type RefusedMove =
  | 'a jump leads behind the entry'
  | 'the function has a jump table'
  | 'another function starts before the cheap instruction'
  | 'the function lies inside another';
