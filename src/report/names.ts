/** How functions are named in reports. */
import type { TraceFunction } from '../trace/model.js';

/** `malloc`, or with `libname` `malloc@libc.so.6` for an import. Control characters become spaces. */
export function functionLabel(fn: TraceFunction | undefined, libname: boolean): string {
  if (fn === undefined) return '[unknown]';
  const name = fn.name.replace(CONTROL, ' ');
  return libname && fn.library !== undefined ? `${name}@${fn.library}` : name;
}

/** Labels as bytes, each made once: by function or thread id. */
export class EncodedNames {
  private readonly encoded: (Uint8Array | undefined)[] = [];

  constructor(private readonly label: (id: number) => string) {}

  get(id: number): Uint8Array {
    const known = this.encoded[id];
    if (known !== undefined) return known;
    const bytes = new TextEncoder().encode(this.label(id));
    this.encoded[id] = bytes;
    return bytes;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a name with a newline must not break a line.
const CONTROL = /[\u0000-\u001f\u007f]+/g;
