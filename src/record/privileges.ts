/**
 * May this process place probes? Loading tracing programs needs CAP_BPF and CAP_PERFMON, or
 * CAP_SYS_ADMIN which contains both (capabilities(7); Linux 5.8). Reads /proc/self/status alone, so that the answer
 * comes before anything is loaded.
 */
import { readFileSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';

/** Throws NO_PRIVILEGES; the command line adds the command to paste. */
export function requirePrivileges(status: string = readFileSync('/proc/self/status', 'utf8')): void {
  const missing = missingCapabilities(effectiveCapabilities(status));
  if (missing.length === 0) return;
  const root = /^Uid:\s+\d+\s+0\s/m.test(status);
  const who = root ? 'this root lacks' : 'not root, and without';
  throw new UtraceError({
    code: 'NO_PRIVILEGES',
    message: `placing probes needs more privilege: ${who} ${missing.join(' and ')} (or CAP_SYS_ADMIN)`,
  });
}

/** Names of the capabilities that are needed and not there. */
export function missingCapabilities(effective: bigint): string[] {
  const has = (bit: bigint): boolean => (effective & (1n << bit)) !== 0n;
  if (has(CAP_SYS_ADMIN)) return [];
  return NEEDED.filter(([, bit]) => !has(bit)).map(([name]) => name);
}

/** The CapEff line of /proc/PID/status (proc_pid_status(5)). */
export function effectiveCapabilities(status: string): bigint {
  const digits = /^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1];
  return digits === undefined ? 0n : BigInt(`0x${digits}`);
}

/** include/uapi/linux/capability.h */
const CAP_SYS_ADMIN = 21n;
const NEEDED = [
  ['CAP_BPF', 39n],
  ['CAP_PERFMON', 38n],
] as const;
