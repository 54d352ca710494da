import { afterAll, describe, expect, it } from 'vitest';
import { compile, fixture, temporaryFolder } from '../symbols/tools.js';
import { outcome, plan, probed } from './plans.js';

const folder = temporaryFolder();
afterAll(folder.remove);

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
  it('a Go program (its stacks move): no return probes', () => {
    const source =
      '.globl main; .type main, @function; main: xor %eax, %eax; ret; .section .go.buildinfo, "a"; .quad 1';
    const made = plan(compile(folder.path, 's', `${source}\n`, 'gcc'));
    const probes = made.sites.filter((site) => site.status === 'probe');
    expect(probes.length).toBeGreaterThan(0);
    expect(probes.every((site) => !site.returns)).toBe(true);
    expect(made.notes.join()).toMatch(/written in Go/);
  });

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
