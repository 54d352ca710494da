/** Whether a process's code is byte for byte its file's: probes show as bytes that differ. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Compares each executable mapping of the program at `path`. */
export function textIsTheFile(pid: number, path: string): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const file = readFileSync(path);
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
    return maps
      .filter((line) => line.endsWith(path) && line.includes('r-xp'))
      .every((line) => {
        const [, from = '', to = '', offset = ''] = /^(\w+)-(\w+) \S+ (\w+)/.exec(line) ?? [];
        const start = BigInt(`0x${from}`);
        const seen = Buffer.alloc(Number(BigInt(`0x${to}`) - start));
        readSync(memory, seen, 0, seen.length, start);
        const fileStart = Number.parseInt(offset, 16);
        const stored = file.subarray(fileStart, fileStart + seen.length);
        return seen.subarray(0, stored.length).equals(stored);
      });
  } finally {
    closeSync(memory);
  }
}
