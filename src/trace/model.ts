/**
 * What a trace holds, as types: the words shared by recorder, trace file and reports.
 * Bulk events are not here: they travel through `EventSink` and rest in column blocks (block.ts).
 */
import type {
  FileOffset,
  FunctionId,
  ModuleId,
  Ns,
  Pid,
  ProcessId,
  RuntimeAddress,
  ThreadId,
  Tid,
  VirtualAddress,
} from '../util/units.js';

export interface TraceHeader {
  readonly utraceVersion: string;
  /** The words of the traced command; for an attached process its /proc/PID/cmdline. */
  readonly command: readonly string[];
  readonly mode: 'launch' | 'attach';
  readonly workingDirectory: string;
  readonly host: string;
  /** `uname -r` */
  readonly kernel: string;
  /** `uname -m` */
  readonly machine: string;
  readonly cpus: number;
  readonly clock: 'CLOCK_MONOTONIC';
  /** CLOCK_MONOTONIC at time 0 of the trace, ns. */
  readonly startMonotonic: bigint;
  /** CLOCK_REALTIME at time 0 of the trace, ns since 1970. */
  readonly startRealtime: bigint;
  /** How probes were attached: session links, entry and return links, or tracefs events. */
  readonly engine: 'session' | 'multi' | 'tracefs';
  /** The record options as given, for the reader of the trace. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface TraceModule {
  readonly id: ModuleId;
  readonly path: string;
  readonly kind: 'executable' | 'library';
  /** Hex digits of NT_GNU_BUILD_ID; undefined where the file has none. */
  readonly buildId: string | undefined;
  /** No `.symtab`: functions come from `.dynsym` and the PLT alone. */
  readonly stripped: boolean;
}

export interface TraceMapping {
  readonly process: ProcessId;
  readonly module: ModuleId;
  readonly start: RuntimeAddress;
  readonly end: RuntimeAddress;
  readonly offset: FileOffset;
  /** When the mapping was seen. */
  readonly time: Ns;
}

export interface TraceFunction {
  readonly id: FunctionId;
  readonly module: ModuleId;
  /** Demangled, for people and patterns. */
  readonly name: string;
  /** As in the symbol table; equal to `name` where nothing was mangled. */
  readonly symbol: string;
  readonly kind: 'function' | 'plt';
  /** For `plt`: file name of the library that defines the import, for example `libc.so.6`. */
  readonly library: string | undefined;
  readonly address: VirtualAddress;
  /** Bytes of code; 0 where the symbol does not say. */
  readonly size: number;
}

export type ProbeState =
  | {
      readonly status: 'probed';
      /** The file of both offsets; for a library call probed without its stub the library. */
      readonly module: ModuleId;
      readonly offset: FileOffset;
      /** First byte of the function, from which the probe may have been moved. */
      readonly entry: FileOffset;
      readonly returns: boolean;
      /** What the probe stands on: a class of instructions that the kernel emulates, or `stepped`. */
      readonly instruction: string;
      /** Why it stands there. */
      readonly reason: string;
    }
  | { readonly status: 'skipped'; readonly reason: string }
  | { readonly status: 'failed'; readonly offset: FileOffset; readonly errno: string };

export interface TraceProcess {
  readonly id: ProcessId;
  readonly pid: Pid;
  readonly parentPid: Pid;
  /** Path of the executable. */
  readonly executable: string;
  readonly start: Ns;
}

/** How a process ended; undefined fields where it did not end during the trace. */
export interface ProcessEnd {
  readonly time: Ns;
  readonly exitCode: number | undefined;
  /** Signal name, for example `SIGSEGV`. */
  readonly signal: string | undefined;
}

export interface TraceThread {
  readonly id: ThreadId;
  readonly process: ProcessId;
  readonly tid: Tid;
  readonly name: string;
  readonly start: Ns;
}

export interface TraceLoss {
  /** The losses happened after `from` and not after `to`. */
  readonly from: Ns;
  readonly to: Ns;
  readonly count: number;
  /** Name of the counter, for example `ring full`. */
  readonly cause: string;
}

/** The target was stopped so that no event was lost. The trace's clock stood still: its times leave this out. */
export interface TraceStop {
  readonly time: Ns;
  readonly duration: Ns;
}

/** What a traced call costs on the machine of the trace, by what its probe stands on. Means in ns. */
export interface ProbeCost {
  /** The instruction class of `probe.instruction`; `, in a library` behind it for a library call probed there. */
  readonly kind: string;
  /** Between the timestamps of entry and return. */
  readonly inside: number;
  /** Before the one and after the other. */
  readonly outside: number;
  /** The whole cost of a call whose return is not probed. */
  readonly entryOnly: number;
}

/** How a call ended. */
export enum Leave {
  /** The return probe fired: the time is exact. */
  Returned = 0,
  /** No return was seen, a later event of the thread shows that the frame is gone: the time is an upper bound. */
  Unwound = 1,
  /** Still open when its thread, its process or the trace ended: closed at the last time known. Never stored; replay adds it. */
  Open = 2,
}

/**
 * A stream of balanced call events, in time order within each thread. `leave` closes the innermost
 * open call of its thread. Implemented by the trace writer, by filters and by replay.
 */
export interface EventSink {
  enter(thread: ThreadId, time: Ns, fn: FunctionId): void;
  leave(thread: ThreadId, time: Ns, how: Leave): void;
  /** Everything up to `time` has been delivered for all threads (called between batches; lets filters and buffers move on). */
  advance(time: Ns): void;
}

/** Filters that mean the same when recording, live and when reporting. */
export interface CallFilter {
  /** Deepest level kept, counted after all other filters; the outermost call has depth 1. */
  readonly maxDepth: number | undefined;
  readonly tid: Tid | undefined;
  /** Calls shorter than this vanish; their time stays in their caller's self time. */
  readonly minDuration: Ns | undefined;
}
