/**
 * The probe plan: every function found, and for each the probe site or the reason for none.
 * A plan is plain data (it crosses to the worker thread and into the trace); making it needs no privilege.
 */
import type { TraceFunction, TraceModule } from '../trace/model.js';
import type { FileOffset, ModuleId } from '../util/units.js';
import type { PlacementReason, SiteInstruction } from './placement/reasons.js';

export interface ProbePlan {
  /** `TraceModule.id` is the index here. */
  readonly modules: readonly TraceModule[];
  /** `TraceFunction.id` is the index here. */
  readonly functions: readonly TraceFunction[];
  /** One per function, same index. */
  readonly sites: readonly ProbeSite[];
  /** One line each for stderr, for example that a module is stripped. */
  readonly notes: readonly string[];
}

export type ProbeSite =
  | {
      readonly status: 'probe';
      /** The file that the offsets lie in: for a library call without its stub the library. */
      readonly module: ModuleId;
      readonly offset: FileOffset;
      /** First byte of the function that is probed. */
      readonly entry: FileOffset;
      readonly returns: boolean;
      readonly instruction: SiteInstruction;
      readonly reason: PlacementReason;
    }
  | { readonly status: 'skip'; readonly reason: SkipReason };

/** Why a function is not probed; the text stands in `--list` and in the trace. */
export type SkipReason =
  | 'filtered by --function'
  | 'filtered by --no-function'
  | 'filtered by --lib'
  | 'filtered by --no-lib'
  | 'smaller than --min-size'
  | 'start-up helper'
  | 'fragment of a function'
  | 'IFUNC resolver'
  | 'no code'
  | 'its function is known only at run time'
  | 'instruction cannot be decoded'
  | 'VEX or EVEX instruction'
  | 'syscall instruction'
  | 'instruction prefix the kernel refuses'
  | 'instruction the kernel refuses'
  | 'instruction the kernel takes for a nop'
  | 'inside an instruction';
