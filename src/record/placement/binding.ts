/**
 * Whether the libraries that were found are the ones that ld.so will bind to, in this order. Not looked into are
 * /etc/ld.so.preload and LD_AUDIT (ld.so(8)). Of a living process the maps tell the libraries, but not the place of a
 * preloaded one: its library calls stay at their stubs.
 */
import { readFileSync } from 'node:fs';
import type { TargetOptions } from '../options.js';

export function bindingIsCertain(target: TargetOptions): boolean {
  if (readText('/etc/ld.so.preload').trim() !== '') return false;
  const environment =
    target.kind === 'launch' ? process.env : environmentOf(readText(`/proc/${target.pid}/environ`));
  if (environment.LD_AUDIT) return false;
  return target.kind === 'launch' || !environment.LD_PRELOAD;
}

function environmentOf(text: string): Readonly<Record<string, string>> {
  const entries = text.split('\0').map((entry): [string, string] => {
    const at = entry.indexOf('=');
    return [entry.slice(0, at), entry.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
