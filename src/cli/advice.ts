/**
 * What to do about an error whose place of origin only knew the fact: one table by errno, and a few by the
 * error's own code. An error that brings its own hint keeps it.
 */
import { sudoCommand } from '../record/sudo-command.js';
import type { UtraceError } from '../util/errors.js';

/** undefined: nothing useful can be said. */
export function hintFor(error: UtraceError): string | undefined {
  if (error.hint !== undefined) return error.hint;
  if (NEEDS_ROOT.includes(error.code)) return `run it as root: ${sudoCommand()}`;
  const errno = errnoOf(error);
  return errno === undefined
    ? undefined
    : adviceFor(errno, KERNEL_CODES.includes(error.code) ? 'kernel' : 'file');
}

/** `kernel`: the answer of BPF or perf; `file`: of a file, folder or program. */
export type Domain = 'kernel' | 'file';

export function adviceFor(errno: string, domain: Domain): string | undefined {
  const row = ADVICE[errno];
  return row?.[domain] ?? row?.file ?? row?.kernel;
}

/** The errno's name, from the error's chain of causes. */
export function errnoOf(error: unknown): string | undefined {
  let link = error;
  for (let depth = 0; link instanceof Error && depth < MOST_CAUSES; depth++, link = link.cause) {
    for (const value of [Reflect.get(link, 'errno'), Reflect.get(link, 'code')]) {
      if (typeof value === 'string' && Object.hasOwn(ADVICE, value)) return value;
    }
  }
  return undefined;
}

const NEEDS_ROOT = ['PROCESS_NOT_READABLE'];
const MOST_CAUSES = 8;
const KERNEL_CODES = ['ATTACH_FAILED', 'BPF_REFUSED', 'NO_UPROBE_MULTI', 'LINK_FAILED'];

const NEWER_KERNEL = 'utrace needs Linux 5.15 or later; see yours: uname -r';
const UNPROBEABLE =
  'the kernel refuses a probe on this instruction; find the function with --list, leave it out with --no-function';

/** https://man7.org/linux/man-pages/man3/errno.3.html; 524 is the kernel's own ENOTSUPP (include/linux/errno.h). */
export const ADVICE: Readonly<Record<string, Readonly<Partial<Record<Domain, string>>>>> = {
  EPERM: {
    kernel:
      'a capability is missing (CAP_BPF, CAP_PERFMON; a container has only what it was given), or lockdown forbids it; see: grep CapEff /proc/self/status; cat /sys/kernel/security/lockdown',
    file: 'the file or its file system does not allow it: lsattr shows its flags, mount how it is mounted',
  },
  EACCES: {
    kernel:
      'the kernel does not allow it: a capability is missing, or a security module (SELinux, AppArmor) forbids it; see: dmesg',
    file: 'permission is missing on the file or on a folder above it; see: namei -l PATH',
  },
  EOPNOTSUPP: { kernel: UNPROBEABLE, file: 'this file system cannot do it: choose another place with -o' },
  ENOTSUPP: { kernel: UNPROBEABLE },
  ENOENT: {
    kernel: 'the file of a module is gone, or the kernel lacks what it was asked for; start the program anew',
    file: 'check the path; a folder in it must exist: mkdir -p FOLDER',
  },
  ENOTDIR: { file: 'a part of the path is a file, not a folder' },
  EISDIR: { file: 'it is a folder; name a file in it' },
  ESRCH: { kernel: 'the process has ended meanwhile; see which run: pgrep -l NAME' },
  ECHILD: { kernel: 'the process has ended meanwhile' },
  EMFILE: { file: 'too many files are open in this process; raise the limit: ulimit -n 65536' },
  ENFILE: { file: 'too many files are open on the machine; see: cat /proc/sys/fs/file-nr' },
  ENOSPC: {
    kernel: 'a table of the kernel is full: probe fewer functions (--function GLOB), or end other tracers',
    file: 'the disk is full: df -h shows it; choose another place with -o',
  },
  EDQUOT: { file: 'your disk quota is used up: choose another place with -o' },
  EFBIG: { file: 'the file would exceed the limit of its size; see: ulimit -f' },
  ENOMEM: {
    kernel:
      'the kernel has no memory left for it, or its group may not have more; probe fewer functions (--function GLOB), raise ulimit -l',
    file: 'no memory is left; see: free -m',
  },
  E2BIG: {
    kernel: 'too much for one request: probe fewer functions (--function GLOB)',
    file: 'the command line and the environment are too long together',
  },
  EBUSY: { kernel: 'another tracer holds it: end bpftrace, perf, uftrace or another utrace on this process' },
  EINVAL: { kernel: `the kernel does not know this request, or refuses a probe's place; ${NEWER_KERNEL}` },
  ENOSYS: { kernel: `the kernel was built without it (CONFIG_BPF_SYSCALL, CONFIG_UPROBES); ${NEWER_KERNEL}` },
  ENODEV: { kernel: `the kernel was built without it (CONFIG_UPROBES, CONFIG_PERF_EVENTS); ${NEWER_KERNEL}` },
  EAGAIN: { kernel: 'a limit on processes or locked memory is reached; see: ulimit -u; ulimit -l' },
  EINTR: { kernel: 'it was interrupted: try again' },
  EPIPE: { file: 'the reader of the output ended early: keep the output in a file with -o' },
  EROFS: { file: 'this file system is read-only: choose another place with -o' },
  ETXTBSY: { file: 'the program is being written; try again when the build has ended' },
  ENOEXEC: { file: 'the kernel cannot run this file: is it built for this machine? see: file PATH' },
  ELOOP: { file: 'the symbolic links of the path lead in a circle; see: namei PATH' },
  ENAMETOOLONG: { file: 'the path is too long for the file system' },
  EIO: { file: 'the disk reports an error; see: dmesg' },
};
