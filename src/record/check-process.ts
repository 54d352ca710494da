/**
 * Whether a PID names a process that can be traced, told apart by /proc/PID/{status,stat,exe} (proc(5)).
 * What its executable is, is told by the ELF reader.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';
import type { Pid } from '../util/units.js';
import { processStat } from './process-stat.js';
import { sudoCommand } from './sudo-command.js';

/**
 * @throws UtraceError NO_SUCH_PROCESS, THREAD_NOT_PROCESS, OWN_PROCESS, KERNEL_THREAD, ZOMBIE_PROCESS,
 * OTHER_USERS_PROCESS
 */
export function requireProcess(pid: Pid): void {
  const status = readStatus(pid);
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  const name = field('Name');
  const tgid = Number(field('Tgid'));
  if (tgid === process.pid) {
    throw refusal('OWN_PROCESS', `process ${pid} is utrace itself`, 'give the PID of another process');
  }
  if (tgid !== pid) {
    throw refusal(
      'THREAD_NOT_PROCESS',
      `${pid} is a thread (${name}) of process ${tgid}, not a process`,
      `trace the process, and only this thread of it: utrace -p ${tgid} --tid-filter ${pid}`,
    );
  }
  if (isKernelThread(pid)) {
    throw refusal(
      'KERNEL_THREAD',
      `process ${pid} (${name}) is a thread of the kernel: it runs no user functions`,
      'give the PID of a program: ps --ppid 2 -p 2 --deselect lists those',
    );
  }
  if (/^[ZX]/.test(field('State'))) {
    throw refusal(
      'ZOMBIE_PROCESS',
      `process ${pid} (${name}) has ended; only its parent ${field('PPid')} has not collected it yet`,
      `start it under utrace instead: utrace -- PROGRAM ARGUMENTS`,
    );
  }
  requireReadable(pid, name, Number(field('Uid').split(/\s+/)[1]));
}

function readStatus(pid: Pid): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch (cause) {
    // A proc mounted with hidepid shows nothing of other users' processes.
    throw isHidden(pid) ? belongsToAnother(pid, 'which /proc hides', cause) : noSuchProcess(pid, cause);
  }
}

function isHidden(pid: Pid): boolean {
  // To kill(2) zero and negative numbers are groups.
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** PF_KTHREAD of include/linux/sched.h, in `flags`: field 9 of proc_pid_stat(5), the first here is field 3. */
function isKernelThread(pid: Pid): boolean {
  return (Number(processStat(pid)?.[6]) & 0x00200000) !== 0;
}

function requireReadable(pid: Pid, name: string, owner: number): void {
  try {
    readlinkSync(`/proc/${pid}/exe`);
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code;
    if (errno !== 'EACCES' && errno !== 'EPERM') throw noSuchProcess(pid, cause);
    throw belongsToAnother(pid, `(${name}) of user ${owner}`, cause);
  }
}

function noSuchProcess(pid: Pid, cause: unknown): UtraceError {
  return new UtraceError({
    code: 'NO_SUCH_PROCESS',
    message: `no process has the PID ${pid}; it may have ended`,
    hint: 'find the PID of a program by its name: pgrep -a NAME',
    cause,
  });
}

function belongsToAnother(pid: Pid, which: string, cause: unknown): UtraceError {
  const user = process.geteuid?.();
  return new UtraceError({
    code: 'OTHER_USERS_PROCESS',
    message: `process ${pid} ${which} may not be inspected by user ${user}`,
    hint: user === 0 ? 'this root lacks CAP_SYS_PTRACE' : `trace it as root: ${sudoCommand()}`,
    cause,
  });
}

function refusal(code: string, message: string, hint: string): UtraceError {
  return new UtraceError({ code, message, hint });
}
