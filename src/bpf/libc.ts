/**
 * The few libc entry points the recorder needs, through koffi. Nothing here interprets a result
 * beyond success or errno; numbers are those of x86-64 Linux (arch/x86/entry/syscalls/syscall_64.tbl).
 */
import { constants } from 'node:os';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

const bpfCall = libc.func('long syscall(long number, long command, void *attr, unsigned int size)');
const perfCall = libc.func(
  'long syscall(long number, void *attr, int pid, int cpu, int group, unsigned long flags)',
);
const mmapCall = libc.func(
  'void *mmap(void *address, size_t length, int prot, int flags, int fd, int64_t offset)',
);
const fsopenCall = libc.func('long syscall(long number, const char *type, unsigned int flags)');
const fsconfigCall = libc.func(
  'long syscall(long number, int fs, unsigned int command, void *key, void *value, int aux)',
);
const fsmountCall = libc.func(
  'long syscall(long number, int fs, unsigned int flags, unsigned int attributes)',
);
const personalityCall = libc.func('int personality(unsigned long persona)');
const fcntlCall = libc.func('int fcntl(int fd, int command, int argument)');
const closeCall = libc.func('int close(int fd)');

/** `enum bpf_cmd` of include/uapi/linux/bpf.h. */
export const BPF_LINK_CREATE = 28;

const SYS_BPF = 321;
const SYS_PERF_EVENT_OPEN = 298;
const SYS_FSOPEN = 430;
const SYS_FSCONFIG = 431;
const SYS_FSMOUNT = 432;
const FSCONFIG_CMD_CREATE = 6;
/** FSOPEN_CLOEXEC, FSMOUNT_CLOEXEC */
const FS_CLOEXEC = 1;
const PERF_FLAG_FD_CLOEXEC = 8;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffffn;

/** A system or library call that failed; `errno` is the name, for example `EINVAL` (or the bare number where libc has none). */
export class ErrnoError extends Error {
  constructor(
    readonly call: string,
    readonly errno: string,
  ) {
    super(`${call}: ${errno}`);
    this.name = 'ErrnoError';
  }
}

/** bpf(2). Returns the file descriptor or value; throws ErrnoError. */
export function bpf(command: number, attr: Uint8Array): number {
  const result = bpfCall(SYS_BPF, command, attr, attr.length) as number;
  if (result < 0) throw new ErrnoError('bpf', errnoName(koffi.errno()));
  return result;
}

/** perf_event_open(2) for one task on one CPU, or on all (-1). Returns the descriptor; throws ErrnoError. */
export function perfEventOpen(attr: Uint8Array, pid: number, cpu: number): number {
  const result = perfCall(SYS_PERF_EVENT_OPEN, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC) as number;
  if (result < 0) throw new ErrnoError('perf_event_open', errnoName(koffi.errno()));
  return result;
}

/**
 * A file system of this type that is mounted nowhere: `/proc/self/fd/N/` leads into it, and it is gone with the
 * descriptor. fsopen(2), fsconfig(2), fsmount(2): 5.2. Throws ErrnoError.
 */
export function mountUnseen(type: string): number {
  const fs = checked('fsopen', fsopenCall(SYS_FSOPEN, type, FS_CLOEXEC) as number);
  try {
    checked('fsconfig', fsconfigCall(SYS_FSCONFIG, fs, FSCONFIG_CMD_CREATE, null, null, 0) as number);
    return checked('fsmount', fsmountCall(SYS_FSMOUNT, fs, FS_CLOEXEC, 0) as number);
  } finally {
    closeCall(fs);
  }
}

function checked(call: string, result: number): number {
  if (result < 0) throw new ErrnoError(call, errnoName(koffi.errno()));
  return result;
}

/** Bytes of a page on x86-64; what ring buffers and mapped maps are laid out in. */
export const PAGE = 4096;

/** Maps a file descriptor shared; the mapping lives until the process ends. */
export function mapShared(fd: number, length: number, offset: number, writable: boolean): ArrayBuffer {
  const prot = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const address = mmapCall(null, length, prot, MAP_SHARED, fd, offset) as bigint;
  if (BigInt.asUintN(64, address) === MAP_FAILED) throw new ErrnoError('mmap', errnoName(koffi.errno()));
  return koffi.view(address, length);
}

/** personality(2): sets and returns the previous persona; 0xffffffff only reads. */
export function personality(persona: number): number {
  return personalityCall(persona) as number;
}

/** A descriptor that is not open is left alone. */
export function setCloseOnExec(fd: number, close: boolean): void {
  fcntlCall(fd, F_SETFD, close ? FD_CLOEXEC : 0);
}

export function closeFd(fd: number): void {
  closeCall(fd);
}

/** Name of a positive errno value; kernel-internal ones such as 524 keep their number. */
export function errnoName(value: number): string {
  return names.get(value) ?? (value === 524 ? 'ENOTSUPP' : `errno ${value}`);
}

const names = new Map(Object.entries(constants.errno).map(([name, value]) => [value, name]));
