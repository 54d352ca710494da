/**
 * Measurements of the running kernel, kept until the next boot in a file of the cache directory (XDG Base Directory).
 * Losing one costs the time of measuring again, so no error here is one to its user.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, homedir, release, version } from 'node:os';
import { dirname, join } from 'node:path';

export function bootCacheFile(name: string): string {
  const { XDG_CACHE_HOME: set } = process.env;
  // The specification: a relative path is to be ignored.
  const cache = set?.startsWith('/') ? set : join(homedir(), '.cache');
  return join(cache, 'utrace', name);
}

/** What was written in this boot by this `format`; otherwise undefined. The content is unchecked. */
export function readBootCache(file: string, format: number): object | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof content !== 'object' || content === null || !('key' in content)) return undefined;
    return content.key === bootKey(format) ? content : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all: another utrace may read it at any time. */
export function writeBootCache(file: string, format: number, content: object): void {
  const draft = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(draft, `${JSON.stringify({ key: bootKey(format), ...content }, null, 2)}\n`, {
      flag: 'wx',
    });
    renameSync(draft, file);
  } catch {
    rmSync(draft, { force: true });
  }
}

function bootKey(format: number): string {
  let boot = '';
  try {
    boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Without it the kernel's release and the processor are the key.
  }
  return [format, release(), version(), cpus()[0]?.model ?? '', boot].join('|');
}
