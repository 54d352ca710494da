/** `__cxa_demangle` (Itanium C++ ABI, section 3.4) called in libstdc++.so.6 through koffi. */
import { createRequire } from 'node:module';

/** undefined where the name is not valid, or libstdc++ is not there (then the caller has another way). */
export function demangleCxx(symbol: string): string | undefined {
  call ??= bind();
  return call(symbol);
}

type Call = (symbol: string) => string | undefined;

let call: Call | undefined;

function bind(): Call {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as typeof import('koffi');
    const free = koffi.load('libc.so.6').func('void free(void *)');
    const text = koffi.disposable('DemangledName', 'str', free);
    const demangle = koffi
      .load('libstdc++.so.6')
      .func('__cxa_demangle', text, ['str', 'void *', 'void *', 'void *']) as (
      symbol: string,
      buffer: null,
      length: null,
      status: null,
    ) => string | null;
    return (symbol) => demangle(symbol, null, null, null) ?? undefined;
  } catch {
    return () => undefined;
  }
}
