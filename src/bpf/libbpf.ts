/**
 * Bindings to libbpf 1.x: open, size, load, find. Links of kind uprobe_multi are made by the bare
 * system call (links.ts), because libbpf has known them only since 1.3 and Debian 12 ships 1.1.
 */
import koffi, { type LibraryHandle } from 'koffi';
import { UtraceError } from '../util/errors.js';
import { ErrnoError, errnoName } from './libc.js';

/** Opaque pointers of libbpf. */
export type BpfObjectPointer = bigint;
export type BpfProgramPointer = bigint;
export type BpfMapPointer = bigint;
export type BpfLinkPointer = bigint;

export interface Libbpf {
  readonly openFile: (path: string) => BpfObjectPointer;
  readonly load: (object: BpfObjectPointer) => void;
  readonly close: (object: BpfObjectPointer) => void;
  readonly findProgram: (object: BpfObjectPointer, name: string) => BpfProgramPointer;
  readonly findMap: (object: BpfObjectPointer, name: string) => BpfMapPointer;
  readonly programFd: (program: BpfProgramPointer) => number;
  readonly mapFd: (map: BpfMapPointer) => number;
  readonly setAutoload: (program: BpfProgramPointer, load: boolean) => void;
  readonly setExpectedAttachType: (program: BpfProgramPointer, type: number) => void;
  readonly setMaxEntries: (map: BpfMapPointer, entries: number) => void;
  readonly setInitialValue: (map: BpfMapPointer, value: Uint8Array) => void;
  readonly attachRawTracepoint: (program: BpfProgramPointer, name: string) => BpfLinkPointer;
  readonly destroyLink: (link: BpfLinkPointer) => void;
  /** What libbpf and the verifier said since the last call, for `--debug` and for error texts. */
  readonly takeLog: () => string;
}

/** Loads libbpf.so.1 once a process. */
export function libbpf(): Libbpf {
  bindings ??= bind();
  return bindings;
}

let bindings: Libbpf | undefined;

function bind(): Libbpf {
  const lib = loadLibrary();
  const log = captureLog(lib);
  const pointerCall = (name: string, definition: string) => {
    const call = lib.func(definition);
    return (...args: unknown[]): bigint => {
      const result = call(...args) as bigint | null;
      if (result === null || result === 0n) throw new ErrnoError(name, errnoName(koffi.errno()));
      return result;
    };
  };
  const statusCall = (name: string, definition: string) => {
    const call = lib.func(definition);
    return (...args: unknown[]): void => {
      const result = call(...args) as number;
      if (result < 0) throw new ErrnoError(name, errnoName(-result));
    };
  };
  return {
    openFile: pointerCall('bpf_object__open', 'void *bpf_object__open(const char *path)'),
    load: statusCall('bpf_object__load', 'int bpf_object__load(void *object)'),
    close: lib.func('void bpf_object__close(void *object)'),
    findProgram: pointerCall(
      'bpf_object__find_program_by_name',
      'void *bpf_object__find_program_by_name(void *object, const char *name)',
    ),
    findMap: pointerCall(
      'bpf_object__find_map_by_name',
      'void *bpf_object__find_map_by_name(void *object, const char *name)',
    ),
    programFd: lib.func('int bpf_program__fd(void *program)'),
    mapFd: lib.func('int bpf_map__fd(void *map)'),
    setAutoload: statusCall(
      'bpf_program__set_autoload',
      'int bpf_program__set_autoload(void *program, bool load)',
    ),
    setExpectedAttachType: statusCall(
      'bpf_program__set_expected_attach_type',
      'int bpf_program__set_expected_attach_type(void *program, int type)',
    ),
    setMaxEntries: statusCall(
      'bpf_map__set_max_entries',
      'int bpf_map__set_max_entries(void *map, uint32_t entries)',
    ),
    setInitialValue: (map, value) => setInitialValue(map, value, value.length),
    attachRawTracepoint: pointerCall(
      'bpf_program__attach_raw_tracepoint',
      'void *bpf_program__attach_raw_tracepoint(void *program, const char *name)',
    ),
    destroyLink: lib.func('int bpf_link__destroy(void *link)'),
    takeLog: () => log.splice(0).join(''),
  };

  function setInitialValue(map: BpfMapPointer, value: Uint8Array, size: number): void {
    setInitial ??= statusCall(
      'bpf_map__set_initial_value',
      'int bpf_map__set_initial_value(void *map, const void *data, size_t size)',
    );
    setInitial(map, value, size);
  }
}

let setInitial: ((map: BpfMapPointer, value: Uint8Array, size: number) => void) | undefined;

function loadLibrary(): LibraryHandle {
  try {
    return koffi.load('libbpf.so.1');
  } catch (cause) {
    throw new UtraceError({
      code: 'NO_LIBBPF',
      message: `libbpf.so.1 cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Install it: apt-get install libbpf1 (Debian, Ubuntu), dnf install libbpf (Fedora)',
      cause,
    });
  }
}

/** Keeps libbpf's messages instead of letting them fall on the target's stderr. */
function captureLog(lib: LibraryHandle): string[] {
  const lines: string[] = [];
  const libc = koffi.load('libc.so.6');
  // On x86-64 a va_list parameter is a pointer, so it can be handed on as one (psABI 3.5.7).
  const vsnprintf = libc.func(
    'int vsnprintf(_Out_ uint8_t *buffer, size_t size, const char *format, void *arguments)',
  );
  const printer = koffi.proto('int utrace_libbpf_print(int level, const char *format, void *arguments)');
  const setPrint = lib.func('libbpf_set_print', 'void *', [koffi.pointer(printer)]);
  const buffer = Buffer.alloc(16384);
  const keep = (level: number, format: string, args: bigint): number => {
    const length = Number(vsnprintf(buffer, buffer.length, format, args));
    lines.push(
      `${level === 0 ? 'libbpf warning: ' : ''}${buffer.toString('latin1', 0, Math.min(length, buffer.length - 1))}`,
    );
    return length;
  };
  setPrint(koffi.register(keep, koffi.pointer(printer)));
  return lines;
}
