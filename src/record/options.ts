/** What the recorder needs to know, normalised once by the CLI and frozen. */
import type { Engine } from '../bpf/engine.js';
import type { CallFilter } from '../trace/model.js';
import type { GlobFilter } from '../util/glob.js';
import type { Ns, Pid, Tid } from '../util/units.js';

/** Of every run, whatever is collected. */
export interface RunOptions {
  readonly target: TargetOptions;
  readonly selection: SelectionOptions;
  /** Probes stand at each function's first byte, or where they cost least. */
  readonly placement: 'cheapest' | 'entry';
  /** How probes are attached; undefined: the best way that the kernel has. */
  readonly engine: Engine | undefined;
  readonly debug: boolean;
}

export interface RecordOptions extends RunOptions {
  readonly filter: CallFilter;
  /** Bytes of the ring between BPF and the recorder: a power of two. */
  readonly ringBytes: number;
  /** A ring that fills up stops the target until it is drained, or drops events and counts them. */
  readonly onFull: 'block' | 'drop';
}

/** Aggregation in the kernel. */
export interface AggregateOptions extends RunOptions {
  /** The only thread that counts; undefined: all. */
  readonly tid: Tid | undefined;
  /** Time between two tables while the target runs; undefined: only one at the end. */
  readonly interval: Ns | undefined;
}

export type TargetOptions =
  | {
      readonly kind: 'launch';
      /** Program and arguments, at least one word; the program is looked up in PATH like a shell does. */
      readonly argv: readonly [string, ...string[]];
      /** Run as this user: name; undefined: as the caller. */
      readonly user: string | undefined;
      readonly randomizeAddresses: boolean;
    }
  | { readonly kind: 'attach'; readonly pid: Pid };

/** Which functions are probed. */
export interface SelectionOptions {
  readonly functions: GlobFilter;
  /** Over the file name of the library that defines an import (`libc.so.6`; `libc` and `libc.so` match too). */
  readonly libraries: GlobFilter;
  /** Libraries whose own functions are probed as well; empty: none. */
  readonly nestLibraries: readonly string[];
  /** Functions of fewer bytes are skipped; 0: none. PLT stubs are not concerned. */
  readonly minSize: number;
}
