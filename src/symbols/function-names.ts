/**
 * What a symbol's name says about its code, where the symbol table has no field for it.
 *
 * Compilers split functions: `f.cold` (unlikely blocks, reached by jump) and `f.part.N` (the rest of a
 * function whose head was inlined) are no calls a person knows of and are not probed; `f.constprop.N`,
 * `f.isra.N`, `f.llvm.N` and `f.lto_priv.N` are whole functions under another name, and are.
 */

/** `f.cold`, `f.cold.1`, `f.part.0`, `f.part.0.constprop.1`, `f.__part.2`. */
export function isFragment(symbol: string): boolean {
  return symbol.includes('.') && FRAGMENT.test(symbol);
}

/** Code of the compiler's and the C library's start-up files, and code that is jumped or returned into. */
export function isStartUpHelper(symbol: string): boolean {
  if (START_UP.has(symbol)) return true;
  return symbol.startsWith('_dl_runtime_') && /^_dl_runtime_(resolve|profile)/.test(symbol);
}

/**
 * Functions on which a return probe breaks the program: those that return twice, or that look at
 * their own return address. The library calls are named by import, the functions by symbol.
 */
export function forbidsReturnProbe(symbol: string, kind: 'function' | 'plt'): boolean {
  if (RETURNS_TWICE.has(symbol) || READS_ITS_CALLER.has(symbol)) return true;
  // A library that calls dlopen is asked for its RUNPATH; the executable is what dlopen assumes anyway.
  if (kind === 'function' && (symbol === 'dlopen' || symbol === '__dlopen')) return true;
  return symbol.startsWith('__x86_indirect_thunk_') || symbol.startsWith('__llvm_retpoline_');
}

const FRAGMENT = /.\.(cold|(__)?part\.\d+)(\.|$)/;

const START_UP: ReadonlySet<string> = new Set([
  '_start',
  '_start_c',
  '_init',
  '_fini',
  'frame_dummy',
  'register_tm_clones',
  'deregister_tm_clones',
  '__do_global_dtors_aux',
  '__do_global_ctors_aux',
  '__do_init',
  '__do_fini',
  '__libc_csu_init',
  '__libc_csu_fini',
  '__gmon_start__',
  'call_gmon_start',
  '_dl_relocate_static_pie',
  '_dl_start',
  '_dl_start_user',
  // The kernel or a context switch *returns* into these: on top of the stack lies a signal frame or a
  // context, which a return probe would overwrite.
  '__restore_rt',
  '__start_context',
]);

const RETURNS_TWICE: ReadonlySet<string> = new Set([
  'setjmp',
  '_setjmp',
  '__setjmp',
  'sigsetjmp',
  '_sigsetjmp',
  '__sigsetjmp',
  'savectx',
  'vfork',
  '__vfork',
  '__libc_vfork',
  'getcontext',
  '__getcontext',
  'swapcontext',
  '__swapcontext',
  'makecontext',
  '__makecontext',
  'setcontext',
  '__setcontext',
]);

const READS_ITS_CALLER: ReadonlySet<string> = new Set([
  // RTLD_NEXT and the namespace follow from the return address: dlsym fails where it is a trampoline.
  'dlsym',
  '__dlsym',
  'dlvsym',
  '__dlvsym',
  'dlmopen',
  '__dlmopen',
  'mcount',
  '_mcount',
  '__fentry__',
  '__morestack',
]);
