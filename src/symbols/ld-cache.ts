/**
 * /etc/ld.so.cache in its present format (glibc, sysdeps/generic/dl-cache.h: `glibc-ld.so.cache1.1`), alone or
 * behind the old format's table. Entries for CPU-specific directories (glibc-hwcaps) are left out: they
 * hold the same libraries under the same names.
 */
import { readFileSync } from 'node:fs';

export const LD_CACHE = '/etc/ld.so.cache';

/** Library name -> path, for 64-bit x86-64 libraries; empty where the file is missing or strange. */
export function readLdCache(path: string = LD_CACHE): ReadonlyMap<string, string> {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch {
    return new Map();
  }
  const start = content.indexOf(MAGIC, 0, 'latin1');
  return start < 0 ? new Map() : parse(content.subarray(start));
}

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER = 48;
const ENTRY = 24;
/** FLAG_ELF_LIBC6 | FLAG_X8664_LIB64 */
const X86_64_LIBRARY = 0x0303;

function parse(cache: Buffer): Map<string, string> {
  const libraries = new Map<string, string>();
  if (cache.length < HEADER) return libraries;
  const count = Math.min(cache.readUInt32LE(20), Math.floor((cache.length - HEADER) / ENTRY));
  for (let i = 0; i < count; i++) {
    const at = HEADER + i * ENTRY;
    const hwcapsLow = cache.readUInt32LE(at + 16);
    const hwcapsHigh = cache.readUInt32LE(at + 20);
    if (cache.readInt32LE(at) !== X86_64_LIBRARY || hwcapsLow !== 0 || hwcapsHigh !== 0) continue;
    const name = text(cache, cache.readUInt32LE(at + 4));
    const path = text(cache, cache.readUInt32LE(at + 8));
    if (name !== '' && path !== '' && !libraries.has(name)) libraries.set(name, path);
  }
  return libraries;
}

/** A path of at most PATH_MAX bytes at an offset from the start of the cache. */
function text(cache: Buffer, offset: number): string {
  const end = cache.indexOf(0, offset);
  return end < 0 || end - offset > 4096 ? '' : cache.toString('utf8', offset, end);
}
