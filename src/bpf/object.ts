/**
 * Loads a BPF object for the best engine the kernel has and hands out its descriptors. Every object has the
 * programs of bpf/programs.h. Engines are tried from best to least, each by its effect; one can be forced.
 */
import { fileURLToPath } from 'node:url';
import { UtraceError } from '../util/errors.js';
import type { RuntimeAddress } from '../util/units.js';
import { ENGINES, type Engine } from './engine.js';
import { type BpfLinkPointer, type BpfObjectPointer, libbpf } from './libbpf.js';
import { ErrnoError } from './libc.js';
import { BPF_TRACE_UPROBE_MULTI, BPF_TRACE_UPROBE_SESSION, supportsMultiLink } from './links.js';

/** What probes are attached with. */
export interface ProbeObject {
  readonly engine: Engine;
  /** Session: the one program. Multi: the program for entries. */
  readonly enterFd: number;
  /** Not for sessions: the program for returns. */
  readonly returnFd: number | undefined;
  /** Tracefs: the map that leads to a probe's cookie. */
  readonly cookiesFd: number;
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

/** What every object is told. */
export interface EngineRequest {
  /** undefined: the best that the kernel has. */
  readonly engine: Engine | undefined;
  /** How many probes there will be at most. */
  readonly probes: number;
}

export interface LoadRequest extends EngineRequest {
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
  let refused: unknown;
  for (const engine of request.engine === undefined ? ENGINES : [request.engine]) {
    try {
      const loaded = loadFor(engine, request);
      if (engine === 'tracefs' || supportsMultiLink(loaded.enterFd, engine === 'session')) return loaded;
      loaded.close();
    } catch (error) {
      // A program that this kernel's verifier refuses need not be the next engine's.
      if (!(error instanceof UtraceError) || error.code !== 'BPF_REFUSED') throw error;
      refused = error;
    }
  }
  throw refused ?? noSuchLinks(request.engine);
}

function noSuchLinks(engine: Engine | undefined): UtraceError {
  const [links, release] = engine === 'session' ? ['uprobe session', '6.13'] : ['uprobe_multi', '6.6'];
  return new UtraceError({
    code: 'NO_UPROBE_MULTI',
    message: `this kernel has no ${links} links, which --engine=${engine} needs`,
    hint: `Needed: Linux ${release} or later; see yours with: uname -r. Without --engine the best way it has is taken.`,
  });
}

/** Programs for entries and returns; a session has one for both. `attachType` is what the kernel is told at load. */
const PROGRAMS: Readonly<Record<Engine, { enter: string; leave: string | undefined; attachType: number }>> = {
  session: { enter: 'utrace_session', leave: undefined, attachType: BPF_TRACE_UPROBE_SESSION },
  multi: { enter: 'utrace_enter', leave: 'utrace_return', attachType: BPF_TRACE_UPROBE_MULTI },
  tracefs: { enter: 'utrace_tracefs_enter', leave: 'utrace_tracefs_return', attachType: 0 },
};
const COOKIES = 'utrace_tracefs_cookies';
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
    const { enter, leave, attachType } = PROGRAMS[engine];
    for (const name of Object.values(PROGRAMS).flatMap((programs) => [programs.enter, programs.leave])) {
      if (name === undefined) continue;
      const program = lib.findProgram(opened, name);
      lib.setAutoload(program, name === enter || name === leave);
      lib.setExpectedAttachType(program, attachType);
    }
    const sizes = { ...request.sizes, [COOKIES]: engine === 'tracefs' ? Math.max(1, request.probes) : 1 };
    for (const [map, entries] of Object.entries(sizes)) {
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
      enterFd: lib.programFd(lib.findProgram(opened, enter)),
      returnFd: leave === undefined ? undefined : lib.programFd(lib.findProgram(opened, leave)),
      cookiesFd: lib.mapFd(lib.findMap(opened, COOKIES)),
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
