/** Where a running process has its executable's code: the span of its executable mappings, as `mm->start_code` and `end_code` state it. */
import { readlinkSync } from 'node:fs';
import type { CallerRequest } from '../../bpf/object.js';
import { readMaps } from '../../symbols/process-maps.js';
import type { Pid, RuntimeAddress } from '../../util/units.js';
import type { Target } from '../target.js';

/** What BPF needs to know calls of library functions by the executable. */
export function callerOf({ kind, recorded }: Target): CallerRequest {
  return {
    execsAhead: recorded.execsAhead,
    code: kind === 'attach' ? executableCode(recorded.pid) : undefined,
  };
}

/** undefined: it has none any more. */
export function executableCode(pid: Pid): { start: RuntimeAddress; end: RuntimeAddress } | undefined {
  const link = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  const rows = readMaps(pid).filter((row) => row.path === link && row.permissions.includes('x'));
  if (rows.length === 0) return undefined;
  return {
    start: Math.min(...rows.map((row) => row.start)) as RuntimeAddress,
    end: Math.max(...rows.map((row) => row.end)) as RuntimeAddress,
  };
}
