/**
 * What the target inherits from whoever called utrace, though Node changes it on its way: the soft limit of
 * descriptors (Node raises it), ignored signals (Node resets them), descriptors above 2 (Node marks them
 * close-on-exec). The launcher bin/utrace notes all three in the environment before it starts Node.
 */
import { readFileSync } from 'node:fs';

export interface CallersWorld {
  /** As for `ulimit -Sn`; undefined: unknown. */
  readonly descriptorLimit: string | undefined;
  /** Numbers of ignored signals. */
  readonly ignoredSignals: readonly number[];
  /** Descriptors above 2, ascending. */
  readonly descriptors: readonly number[];
}

export function callersWorld(environment: NodeJS.ProcessEnv): CallersWorld {
  return {
    descriptorLimit: descriptorLimit(environment.UTRACE_SOFT_NOFILE),
    ignoredSignals: signalsOf(environment.UTRACE_SIGIGN ?? ''),
    descriptors: numbersOf(environment.UTRACE_FDS ?? ''),
  };
}

/** The environment as the caller's shell gave it. */
export function withoutOurVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    UTRACE_SOFT_NOFILE: _limit,
    UTRACE_SIGIGN: _signals,
    UTRACE_FDS: _descriptors,
    ...rest
  } = environment;
  return rest;
}

/** Without the launcher the parent's limit stands for ours. */
function descriptorLimit(passed: string | undefined): string | undefined {
  if (passed !== undefined && /^(\d+|unlimited)$/.test(passed)) return passed;
  try {
    const limits = readFileSync(`/proc/${process.ppid}/limits`, 'utf8');
    return /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
  } catch {
    return undefined;
  }
}

/** `SigIgn` of /proc/PID/status: a hexadecimal mask, bit 0 is signal 1. */
function signalsOf(mask: string): number[] {
  if (!/^[0-9a-f]{1,16}$/.test(mask)) return [];
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => (bits >> BigInt(signal - 1)) & 1n);
}

function numbersOf(list: string): number[] {
  const numbers = list.split(' ').filter(Boolean).map(Number);
  return numbers.filter((fd) => Number.isInteger(fd) && fd > 2).sort((a, b) => a - b);
}
