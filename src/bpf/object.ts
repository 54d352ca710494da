/**
 * Loads a BPF object for the best engine the kernel has and hands out its descriptors. Every object has the
 * programs of bpf/programs.h. Engines are tried from best to least; each is told by its effect.
 */
import { fileURLToPath } from 'node:url';
import { UtraceError } from '../util/errors.js';
import type { RuntimeAddress } from '../util/units.js';
import { type BpfLinkPointer, type BpfObjectPointer, libbpf } from './libbpf.js';
import { ErrnoError } from './libc.js';
import { BPF_TRACE_UPROBE_MULTI, BPF_TRACE_UPROBE_SESSION, supportsMultiLink } from './links.js';

export type Engine = 'session' | 'multi';

/** What probes are attached with. */
export interface ProbeObject {
  readonly engine: Engine;
  /** Session: the one program. Multi: the program for entries. */
  readonly enterFd: number;
  /** Multi only: the program for returns. */
  readonly returnFd: number | undefined;
  /** What libbpf said, for `--debug`. */
  readonly log: string;
  /** Detaches the task tracepoints and frees programs and maps; memory that was mapped stays. */
  close(): void;
}

/** How BPF tells which calls of library functions are the executable's. */
export interface CallerRequest {
  /** Execs up to the one that starts the target; 0: it runs. */
  readonly execsAhead: number;
  /** Where the executable's code is mapped in a process that runs; found at exec in another. */
  readonly code: { readonly start: RuntimeAddress; readonly end: RuntimeAddress } | undefined;
}

export interface LoadRequest {
  readonly caller: CallerRequest;
  /** File name of the object. */
  readonly file: string;
  /** The constants of .rodata. */
  readonly config: Uint8Array;
  /** Maps that are sized here: name and `max_entries`. */
  readonly sizes: Readonly<Record<string, number>>;
}

export interface LoadedObject extends ProbeObject {
  mapFd(name: string): number;
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
    object = lib.openFile(fileURLToPath(new URL(`./${request.file}`, import.meta.url)));
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
    for (const [map, entries] of Object.entries(request.sizes)) {
      lib.setMaxEntries(lib.findMap(opened, map), entries);
    }
    lib.setInitialValue(lib.findMap(opened, '.rodata'), request.config);
    lib.setInitialValue(lib.findMap(opened, '.data.code'), encodeCode(request.caller));
    lib.load(opened);
    for (const [name, tracepoint] of Object.entries(TASK_TRACEPOINTS)) {
      links.push(lib.attachRawTracepoint(lib.findProgram(opened, name), tracepoint));
    }
    return {
      engine,
      enterFd: lib.programFd(isSession ? session : enter),
      returnFd: isSession ? undefined : lib.programFd(leave),
      mapFd: (name) => lib.mapFd(lib.findMap(opened, name)),
      log: lib.takeLog(),
      close,
    };
  } catch (error) {
    close();
    throw describe(error, lib.takeLog());
  }
}

/** `struct utrace_code` of bpf/event.h. */
function encodeCode({ execsAhead, code }: CallerRequest): Buffer {
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
