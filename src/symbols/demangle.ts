/**
 * Names as people write them. C++ (Itanium ABI) goes through `__cxa_demangle` of libstdc++, which node
 * itself is linked with (1.4 us a name, and what c++filt prints); Rust, both manglings, through
 * gecko-profiler-demangle (WebAssembly), hashes left out. Both are loaded at the first name that needs them,
 * so C programs pay nothing. A template function's return type is cut off: patterns start with the name.
 */
import { demangleCxx } from './demangle-cxx.js';
import { demangleWasm } from './demangle-wasm.js';
import { expandsBeyondReason } from './name-expansion.js';
import { withoutReturnType } from './return-type.js';

/** The readable form, or `symbol` itself where it is not mangled (or not validly so). */
export function demangle(symbol: string): string {
  if (symbol.charCodeAt(0) !== UNDERSCORE || symbol.length > LONGEST) return symbol;
  if (symbol.startsWith('_R')) return rust(symbol);
  if (!symbol.startsWith('_Z')) return symbol;
  if (LEGACY_RUST.test(symbol)) return rust(symbol);
  if (expandsBeyondReason(symbol)) return symbol;
  const name = demangleCxx(symbol) ?? demangleWasm(symbol);
  return SPECIAL.test(symbol) ? name : withoutReturnType(name);
}

/** LLVM's suffix of functions it has made unique says nothing to a reader. */
function rust(symbol: string): string {
  const name = demangleWasm(symbol.replace(LLVM_SUFFIX, ''));
  return name === symbol.replace(LLVM_SUFFIX, '') ? symbol : name;
}

const UNDERSCORE = 95;
/** Real names stay far below. */
const LONGEST = 4096;
/** `_ZN`, path, `17h`, 16 hex digits, `E`, sometimes a suffix of LLVM's. */
const LEGACY_RUST = /^_ZN.*17h[0-9a-f]{16}E(\.|$)/;
const LLVM_SUFFIX = /\.llvm\.[0-9A-F]+$/;
/** Thunks, virtual tables, guards: `virtual thunk to X` has no return type. */
const SPECIAL = /^_Z[TG]/;
