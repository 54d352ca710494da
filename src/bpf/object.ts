/**
 * Loads the BPF object for the best engine the kernel has and hands out its descriptors.
 * Engines are tried from best to least; `force` picks one, so that each is tested on every kernel.
 */
import { fileURLToPath } from 'node:url';
import { UtraceError } from '../util/errors.js';
import type { Pid, RuntimeAddress } from '../util/units.js';
import { type BpfLinkPointer, type BpfObjectPointer, libbpf } from './libbpf.js';
import { ErrnoError } from './libc.js';
import { BPF_TRACE_UPROBE_MULTI, BPF_TRACE_UPROBE_SESSION, supportsMultiLink } from './links.js';

export type Engine = 'session' | 'multi';

export interface LoadRequest {
  /** CLOCK_MONOTONIC at time 0 of the trace, ns. */
  readonly startTime: bigint;
  readonly tgid: Pid;
  /** Power of two, multiple of the page. */
  readonly ringBytes: number;
  /** Bytes waiting in the ring above which BPF stops the target; 0: never. */
  readonly stopAbove: number;
  /** Execs up to the one that starts the target; 0: it runs. */
  readonly execsAhead: number;
  /** Where the executable's code is mapped in a process that runs; found at exec in another. */
  readonly code: { readonly start: RuntimeAddress; readonly end: RuntimeAddress } | undefined;
}

export interface LoadedObject {
  readonly engine: Engine;
  /** Session: the one program. Multi: the program for entries. */
  readonly enterFd: number;
  /** Multi only: the program for returns. */
  readonly returnFd: number | undefined;
  readonly ringFd: number;
  readonly ringBytes: number;
  /** Map whose one value is `struct utrace_shared`. */
  readonly sharedFd: number;
  /** What libbpf said, for `--debug`. */
  readonly log: string;
  /** Detaches the task tracepoints and frees programs and maps. */
  close(): void;
}

/** @throws UtraceError NO_UPROBE_MULTI, BPF_REFUSED, NO_LIBBPF */
export function loadObject(request: LoadRequest): LoadedObject {
  for (const engine of ['session', 'multi'] as const) {
    const loaded = loadFor(engine, request);
    if (supportsMultiLink(loaded.enterFd, engine === 'session')) return loaded;
    loaded.close();
  }
  throw new UtraceError({
    code: 'NO_UPROBE_MULTI',
    message: 'this kernel has no uprobe_multi links (BPF_TRACE_UPROBE_MULTI), which attach the probes',
    hint: 'Needed: Linux 6.6 or later. See yours with: uname -r',
  });
}

const OBJECT_PATH = fileURLToPath(new URL('./utrace.bpf.o', import.meta.url));
const TASK_TRACEPOINTS = {
  utrace_fork: 'sched_process_fork',
  utrace_exec: 'sched_process_exec',
  utrace_exit: 'sched_process_exit',
};

function loadFor(engine: Engine, request: LoadRequest): LoadedObject {
  const lib = libbpf();
  const links: BpfLinkPointer[] = [];
  let object: BpfObjectPointer | undefined;
  const close = (): void => {
    for (const link of links.splice(0)) lib.destroyLink(link);
    if (object !== undefined) lib.close(object);
    object = undefined;
  };
  try {
    object = lib.openFile(OBJECT_PATH);
    const opened = object;
    const session = lib.findProgram(opened, 'utrace_session');
    const enter = lib.findProgram(opened, 'utrace_enter');
    const leave = lib.findProgram(opened, 'utrace_return');
    const isSession = engine === 'session';
    lib.setAutoload(session, isSession);
    lib.setAutoload(enter, !isSession);
    lib.setAutoload(leave, !isSession);
    lib.setExpectedAttachType(session, BPF_TRACE_UPROBE_SESSION);
    lib.setExpectedAttachType(enter, BPF_TRACE_UPROBE_MULTI);
    lib.setExpectedAttachType(leave, BPF_TRACE_UPROBE_MULTI);
    const ring = lib.findMap(opened, 'utrace_ring');
    lib.setMaxEntries(ring, request.ringBytes);
    lib.setInitialValue(lib.findMap(opened, '.rodata'), encodeConfig(request));
    lib.setInitialValue(lib.findMap(opened, '.data.code'), encodeCode(request));
    lib.load(opened);
    for (const [name, tracepoint] of Object.entries(TASK_TRACEPOINTS)) {
      links.push(lib.attachRawTracepoint(lib.findProgram(opened, name), tracepoint));
    }
    return {
      engine,
      enterFd: lib.programFd(isSession ? session : enter),
      returnFd: isSession ? undefined : lib.programFd(leave),
      ringFd: lib.mapFd(ring),
      ringBytes: request.ringBytes,
      sharedFd: lib.mapFd(lib.findMap(opened, '.bss')),
      log: lib.takeLog(),
      close,
    };
  } catch (error) {
    close();
    throw describe(error, lib.takeLog());
  }
}

/** `struct utrace_config` of bpf/event.h. */
function encodeConfig(request: LoadRequest): Buffer {
  const config = Buffer.alloc(16);
  config.writeBigUInt64LE(request.startTime, 0);
  config.writeUInt32LE(request.tgid, 8);
  config.writeUInt32LE(request.stopAbove, 12);
  return config;
}

/** `struct utrace_code` of bpf/event.h. */
function encodeCode({ execsAhead, code }: LoadRequest): Buffer {
  const value = Buffer.alloc(32);
  value.writeBigUInt64LE(BigInt(code?.start ?? 0), 0);
  value.writeBigUInt64LE(BigInt(code?.end ?? 0), 8);
  value.writeUInt32LE(execsAhead, 24);
  return value;
}

function describe(error: unknown, log: string): unknown {
  if (!(error instanceof ErrnoError)) return error;
  const lastLines = log.trim().split('\n').slice(-3).join('\n');
  return new UtraceError({
    code: 'BPF_REFUSED',
    message: `the kernel refused the BPF programs: ${error.call}: ${error.errno}`,
    hint: lastLines === '' ? undefined : lastLines,
    cause: error,
  });
}
