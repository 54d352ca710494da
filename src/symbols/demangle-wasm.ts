/**
 * gecko-profiler-demangle: Rust's own `rustc-demangle` and a C++ demangler in WebAssembly. The package
 * expects a bundler to load its .wasm file; node 20 does not import such files, so it is instantiated here.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as glue from 'gecko-profiler-demangle/index_bg.js';

/** The readable form; `symbol` itself where it is not mangled, or too deeply nested to say. */
export function demangleWasm(symbol: string): string {
  if (!loaded) load();
  try {
    const name = glue.demangle_any(symbol);
    // What it does not know it gives back, without the underscore that macOS puts before each name.
    return symbol === `_${name}` ? symbol : name;
  } catch {
    // A trap (stack overflow) leaves the instance in an unknown state: the next name starts anew.
    loaded = false;
    return symbol;
  }
}

let loaded = false;

function load(): void {
  const file = createRequire(import.meta.url).resolve('gecko-profiler-demangle/index_bg.wasm');
  const module = new WebAssembly.Module(readFileSync(file));
  const instance = new WebAssembly.Instance(module, { './index_bg.js': { ...glue } });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  loaded = true;
}
