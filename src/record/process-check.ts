/**
 * Is this pid a process that can be probed? Told apart: no process, a thread of another process, a kernel
 * thread, a zombie, a process of another user, utrace itself. Follows proc_pid_stat(5) and proc_pid_status(5),
 * both readable by everyone.
 */
import { readFileSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';
import type { Pid } from '../util/units.js';

/** Throws NO_SUCH_PROCESS, NOT_A_PROCESS_ID, KERNEL_THREAD, ZOMBIE, OWN_PROCESS or PROCESS_OF_ANOTHER_USER. */
export function requireProcess(pid: Pid): void {
  if (pid === process.pid) {
    throw new UtraceError({ code: 'OWN_PROCESS', message: `process ${pid} is this utrace itself` });
  }
  const status = readStatus(pid);
  const name = field(status, 'Name') ?? '';
  const owner = Number(field(status, 'Tgid'));
  if (owner !== pid) {
    throw new UtraceError({
      code: 'NOT_A_PROCESS_ID',
      message: `${pid} is a thread of process ${owner} (${name}), not a process`,
      hint: `trace the process and show this thread alone: utrace -p ${owner} --tid-filter ${pid}`,
    });
  }
  if (/^[ZX]/.test(field(status, 'State') ?? '')) {
    throw new UtraceError({
      code: 'ZOMBIE',
      message: `process ${pid} (${name}) has ended; its parent ${field(status, 'PPid')} has not collected its status yet`,
    });
  }
  if (isKernelThread(pid)) {
    throw new UtraceError({
      code: 'KERNEL_THREAD',
      message: `process ${pid} (${name}) is a kernel thread: it has no user functions`,
    });
  }
  requireAccess(pid, name, status);
}

function readStatus(pid: Pid): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch (cause) {
    throw new UtraceError({
      code: 'NO_SUCH_PROCESS',
      message: `no process has the PID ${pid}`,
      hint: 'find it by its name: pgrep -l NAME',
      cause,
    });
  }
}

function field(status: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
}

/** include/linux/sched.h */
const PF_KTHREAD = 0x00200000;

function isKernelThread(pid: Pid): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const flags = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[6]);
    return (flags & PF_KTHREAD) !== 0;
  } catch {
    return false; // it ended meanwhile; whoever reads it next says so
  }
}

/** `maps` is guarded by the same rule as tracing (PTRACE_MODE_READ, ptrace(2)). */
function requireAccess(pid: Pid, name: string, status: string): void {
  try {
    readFileSync(`/proc/${pid}/maps`);
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code;
    if (errno !== 'EACCES' && errno !== 'EPERM') return;
    const uid = field(status, 'Uid')?.split(/\s/)[0];
    throw new UtraceError({
      code: 'PROCESS_OF_ANOTHER_USER',
      message: `process ${pid} (${name}) belongs to the user with uid ${uid}, whose processes you may not trace (${errno})`,
      cause,
    });
  }
}
