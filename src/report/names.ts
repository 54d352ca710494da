/** How functions are named in reports. */
import type { TraceFunction } from '../trace/model.js';
import type { FunctionId } from '../util/units.js';

/** `malloc`, or with `libname` `malloc@libc.so.6` for an import. Control characters become spaces. */
export function functionLabel(fn: TraceFunction | undefined, libname: boolean): string {
  if (fn === undefined) return '[unknown]';
  const name = fn.name.replace(CONTROL, ' ');
  return libname && fn.library !== undefined ? `${name}@${fn.library}` : name;
}

/** Labels as bytes, each made once: by function id. */
export class EncodedNames {
  private readonly encoded: (Uint8Array | undefined)[] = [];

  constructor(private readonly label: (fn: FunctionId) => string) {}

  get(fn: FunctionId): Uint8Array {
    const known = this.encoded[fn];
    if (known !== undefined) return known;
    const bytes = new TextEncoder().encode(this.label(fn));
    this.encoded[fn] = bytes;
    return bytes;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: a name with a newline must not break a line.
const CONTROL = /[\u0000-\u001f\u007f]+/g;
