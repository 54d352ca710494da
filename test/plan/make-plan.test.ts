import { basename } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makePlan } from '../../src/record/make-plan.js';
import type { SelectionOptions } from '../../src/record/options.js';
import type { ProbePlan } from '../../src/record/plan.js';
import { libraryNames } from '../../src/record/plan-libraries.js';
import { findLibraries } from '../../src/symbols/library-search.js';
import { compile, fixture, functionsOf, lines, temporaryFolder } from '../symbols/tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

interface Choice {
  readonly function?: string[];
  readonly noFunction?: string[];
  readonly lib?: string[];
  readonly noLib?: string[];
  readonly nestLib?: string[];
  readonly minSize?: number;
}

function plan(path: string, choice: Choice = {}): ProbePlan {
  const selection: SelectionOptions = {
    functions: { include: choice.function ?? [], exclude: choice.noFunction ?? [] },
    libraries: { include: choice.lib ?? [], exclude: choice.noLib ?? [] },
    nestLibraries: choice.nestLib ?? [],
    minSize: choice.minSize ?? 0,
  };
  return makePlan({ executable: path, libraries: findLibraries(path).libraries, selection });
}

/** `name` -> `probe`, or the reason for none. */
function outcome({ functions, sites }: ProbePlan, kind?: 'function' | 'plt'): Record<string, string> {
  const rows = functions.flatMap((fn, i) => {
    const site = sites[i]!;
    if (kind !== undefined && fn.kind !== kind) return [];
    return [[fn.name, site.status === 'probe' ? 'probe' : site.reason] as const];
  });
  return Object.fromEntries(rows);
}

function probed(made: ProbePlan, kind?: 'function' | 'plt'): string[] {
  return Object.entries(outcome(made, kind)).flatMap(([name, what]) => (what === 'probe' ? [name] : []));
}

const small = fixture('bfd-lazy');

describe('a small program', () => {
  const made = plan(small);

  it('its functions and library calls, its start-up code skipped', () => {
    expect(probed(made, 'function').sort()).toEqual(['magnitude', 'main', 'measure']);
    expect(probed(made, 'plt').sort()).toEqual(['__cxa_finalize', 'abs', 'puts', 'strtol']);
    expect(outcome(made)).toMatchObject({ _start: 'start-up helper', frame_dummy: 'start-up helper' });
    expect(made.notes).toEqual([]);
  });

  it('modules: the executable, then the libraries; ids are indices', () => {
    expect(made.modules.map((module) => [module.id, module.kind, basename(module.path)])).toEqual([
      [0, 'executable', 'bfd-lazy'],
      [1, 'library', 'libc.so.6'],
      [2, 'library', 'ld-linux-x86-64.so.2'],
    ]);
    expect(made.modules[0]?.buildId).toMatch(/^[0-9a-f]{40}$/);
    expect(made.functions.map((fn) => fn.id)).toEqual(made.functions.map((_, i) => i));
    expect(made.sites).toHaveLength(made.functions.length);
  });

  it('sites are file offsets: there stand the bytes of the function', () => {
    const segments = lines('readelf', '-lW', small).flatMap((line) => {
      const row = /^\s+LOAD\s+0x(\S+) 0x(\S+) 0x\S+ 0x(\S+) 0x\S+ R E/.exec(line);
      return row === null ? [] : [row.slice(1).map((hex) => Number.parseInt(hex!, 16))];
    });
    const [offset, address] = segments[0]!;
    made.sites.forEach((site, i) => {
      if (site.status === 'probe') expect(site.offset).toBe(made.functions[i]!.address - address! + offset!);
    });
  });

  it('no two probes share an offset', () => {
    const offsets = made.sites.flatMap((site) => (site.status === 'probe' ? [site.offset] : []));
    expect(new Set(offsets).size).toBe(offsets.length);
  });

  it('symbols that a linker puts on stubs are not functions (mold)', () => {
    expect(probed(plan(fixture('mold-lazy'))).sort()).toEqual(probed(made).sort());
  });
});

describe('patterns', () => {
  it('--function applies to functions and library calls, --no-function takes away', () => {
    expect(probed(plan(small, { function: ['m*', 'puts'] })).sort()).toEqual([
      'magnitude',
      'main',
      'measure',
      'puts',
    ]);
    const made = plan(small, { function: ['m*'], noFunction: ['main'] });
    expect(outcome(made)).toMatchObject({
      measure: 'probe',
      main: 'filtered by --no-function',
      puts: 'filtered by --function',
      _start: 'start-up helper',
    });
  });

  it.each(['libc.so.6', 'libc.so', 'libc', 'libc*', 'lib?'])('--lib %s', (pattern) => {
    expect(probed(plan(small, { lib: [pattern] }), 'plt')).toContain('puts');
    expect(probed(plan(small, { noLib: [pattern] }), 'plt')).toEqual([]);
    expect(probed(plan(small, { noLib: [pattern] }), 'function')).toContain('main');
  });

  it('names of a library', () => {
    expect(libraryNames('libstdc++.so.6.0.30')).toEqual([
      'libstdc++.so.6.0.30',
      'libstdc++.so.6.0',
      'libstdc++.so.6',
      'libstdc++.so',
      'libstdc++',
    ]);
    expect(libraryNames('libpthread-2.31.so')).toEqual([
      'libpthread-2.31.so',
      'libpthread-2.31',
      'libpthread',
    ]);
    expect(libraryNames('plugin')).toEqual(['plugin']);
  });

  it.each([
    [{ function: ['mesure'] }, /--function 'mesure'/, /nearest: measure/],
    [{ function: ['main', 'strtl'] }, /'strtl'/, /strtol/],
    [{ lib: ['libm.so.6'] }, /--lib 'libm.so.6'/, /libc.so.6/],
    [{ nestLib: ['libz*'] }, /--nest-lib 'libz\*'/, /nearest|--list/],
  ])('that match nothing are an error: %j', (choice, message, hint) => {
    expect(() => plan(small, choice)).toThrowError(
      expect.objectContaining({
        code: 'NO_MATCH',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });

  it('--no-function that matches nothing is harmless', () => {
    expect(probed(plan(small, { noFunction: ['nothing'] }))).toEqual(probed(plan(small)));
  });

  it('--min-size leaves library calls alone', () => {
    const made = plan(small, { minSize: 40 });
    expect(outcome(made)).toMatchObject({ main: 'probe', measure: 'smaller than --min-size', puts: 'probe' });
  });
});

describe('--nest-lib', () => {
  it('probes the functions inside, of every name one', () => {
    const made = plan(small, { nestLib: ['libc'], function: ['strtol', 'qsort', 'main'] });
    const found = made.functions.filter((_, i) => made.sites[i]!.status === 'probe');
    expect(found.map((fn) => [fn.module, fn.kind, fn.name])).toEqual(
      expect.arrayContaining([
        [0, 'function', 'main'],
        [0, 'plt', 'strtol'],
        [1, 'function', 'qsort'],
      ]),
    );
    const addresses = new Set(functionsOf(made.modules[1]!.path).keys());
    addresses.delete(0);
    expect(made.functions.filter((fn) => fn.module === 1)).toHaveLength(addresses.size);
    expect(made.notes.join()).toMatch(/libc\.so\.6 is stripped/);
  });
});

describe('what cannot be probed', () => {
  it('instructions, fragments, functions in no segment, labels inside instructions', () => {
    const source = `
      .text
      .macro fn name:req
      .globl \\name
      .type \\name, @function
      \\name:
      .endm
      fn vector; vmovdqu (%rdi), %ymm0; vmovdqu %ymm0, (%rsi); ret
      fn raw; syscall; ret
      fn locked; lock incl (%rdi); ret
      fn traps; int3; ret
      fn work.cold; nop; ret
      fn work.part.0; nop; ret
      fn work.constprop.0; nop; ret
      fn outer; push %rbp
      .type inner, @function
      .set inner, . + 1
      mov %rsp, %rbp; pop %rbp; ret
      .size outer, . - outer
      fn main; push %rbx; xor %eax, %eax; pop %rbx; ret
      .data
      .type table, @function
      table: .quad 1
      .section .note.GNU-stack,"",@progbits
    `;
    const program = compile(folder.path, 's', source, 'gcc');
    expect(outcome(plan(program))).toMatchObject({
      vector: 'VEX or EVEX instruction',
      raw: 'syscall instruction',
      locked: 'instruction prefix the kernel refuses',
      traps: 'instruction the kernel refuses',
      'work.cold': 'fragment of a function',
      'work.part.0': 'fragment of a function',
      'work.constprop.0': 'probe',
      outer: 'probe',
      inner: 'inside an instruction',
      main: 'probe',
      table: 'no code',
    });
    expect(plan(program).notes.join()).toMatch(/5 functions begin with an instruction/);
  });

  it('return probes stay away from functions that return twice', () => {
    const source = `
      #include <setjmp.h>
      #include <unistd.h>
      static jmp_buf buffer;
      int main(void) { if (setjmp(buffer)) return 0; if (vfork() == 0) _exit(0); longjmp(buffer, 1); }
    `;
    const made = plan(compile(folder.path, 'c', source, 'gcc', '-O0'));
    const returns = Object.fromEntries(
      made.functions.map((fn, i) => {
        const site = made.sites[i]!;
        return [fn.name, site.status === 'probe' && site.returns];
      }),
    );
    expect(returns).toMatchObject({ _setjmp: false, vfork: false, main: true, longjmp: true });
  });
});

describe('notes', () => {
  it('a stripped program', () => {
    const made = plan(fixture('bfd-stripped'));
    expect(probed(made)).toHaveLength(4);
    expect(made.notes).toEqual([
      'bfd-stripped is stripped: traced are the 0 functions of .dynsym and the 4 library calls',
    ]);
    expect(made.modules[0]?.stripped).toBe(true);
  });

  it('a program without PLT', () => {
    const source = '#include <stdio.h>\nint main(void) { return puts("x"); }';
    const program = compile(
      folder.path,
      'c',
      source,
      'gcc',
      '-O1',
      '-fno-plt',
      '-nostartfiles',
      '-Wl,-e,main',
    );
    expect(plan(program).notes.join()).toMatch(/has no PLT .*--nest-lib/);
  });
});
