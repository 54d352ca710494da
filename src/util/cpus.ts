/** The numbers of the CPUs that are online; they need not be consecutive. */
import { readFileSync } from 'node:fs';

export function onlineCpus(): number[] {
  return parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
}

/** `0-3,8` -> [0, 1, 2, 3, 8] (Documentation/admin-guide/cputopology.rst). */
export function parseCpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      if (first === undefined || last === undefined) return [];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
