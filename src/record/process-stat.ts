/** /proc/PID/stat (proc_pid_stat(5)). */
import { readFileSync } from 'node:fs';
import type { Pid } from '../util/units.js';

/** The fields after the command, beginning with the state (field 3); undefined where there is no such process. */
export function processStat(pid: Pid | 'self'): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text
      .slice(text.lastIndexOf(')') + 2)
      .trimEnd()
      .split(' ');
  } catch {
    return undefined;
  }
}

/** Clock ticks since boot: tells a process from a later one with the same pid. */
export function processStartTime(pid: Pid): string | undefined {
  return processStat(pid)?.[19];
}

/** Ended, or ended and not yet waited for. */
export function hasEnded(pid: Pid, startTime: string | undefined): boolean {
  const stat = processStat(pid);
  return stat === undefined || stat[19] !== startTime || /[ZX]/.test(stat[0] ?? '');
}
