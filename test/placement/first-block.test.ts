/** The walk to the first emulated instruction, on bytes: one rule a row. Bytes are those that gas makes of the text. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { walkFirstBlock } from '../../src/record/placement/first-block.js';
import { classOf, SAMPLES } from '../../src/record/placement/instruction-class.js';
import { openDecoder } from '../../src/symbols/decoder.js';
import { openBytes } from '../../src/symbols/elf-bytes.js';
import type { FileOffset } from '../../src/util/units.js';
import { temporaryFolder } from '../symbols/tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

const all = new Set(SAMPLES.map((sample) => sample.class));

function walk(hex: string, emulated = all): ReturnType<typeof walkFirstBlock> {
  const code = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  const path = join(folder.path, 'code');
  writeFileSync(path, Buffer.concat([code, Buffer.alloc(16, 0xc3)]));
  const decoder = openDecoder(openBytes(path));
  const result = walkFirstBlock(decoder, 0 as FileOffset, code.length, emulated);
  decoder.free();
  return result;
}

describe('is moved', () => {
  it.each([
    ['push %rbp', '55', 0, 'push'],
    ['push %r15', '41 57', 0, 'push r8-r15'],
    ['endbr64; push', 'f3 0f 1e fa 55', 4, 'push'],
    ['mov; push', '48 89 f8 53', 3, 'push'],
    ['test; je', '48 85 ff 74 00', 3, 'jcc'],
    ['xor; jmp', '31 ff e9 00 00 00 00', 2, 'jmp'],
    ['cmp 8(%rdi),%eax; jne far', '3b 47 08 0f 85 00 00 00 00', 3, 'jcc'],
    ['mov %fs:0x28,%rax; push', '64 48 8b 04 25 28 00 00 00 53', 9, 'push'],
    ['mov x(%rip),%rax; push', '48 8b 05 00 00 00 00 53', 7, 'push'],
    ['lea 8(%rsp),%r10; push', '4c 8d 54 24 08 53', 5, 'push'],
    ['mov %rax,-8(%rsp); push', '48 89 44 24 f8 53', 5, 'push'],
    ['mov %rax,8(%rsp); push', '48 89 44 24 08 53', 5, 'push'],
    ['mov %rax,(%rdi); push', '48 89 07 53', 3, 'push'],
    ['cmp 16(%r14),%rsp; jbe (Go)', '49 3b 66 10 76 00', 4, 'jcc'],
    ['pxor; push', '66 0f ef c0 53', 4, 'push'],
    ['vpxor, which takes no probe; push', 'c5 f9 ef c0 53', 4, 'push'],
    ['mov %rsp,%rax; mov (%rax),%rcx; push', '48 89 e0 48 8b 08 53', 6, 'push'],
  ])('%s', (_, hex, offset, instruction) => {
    expect(walk(hex)).toMatchObject({ found: true, offset, instruction });
  });

  it('past a 5-byte nop, which would clobber the red zone anywhere but at the entry', () => {
    expect(walk('0f 1f 44 00 00 53')).toMatchObject({ offset: 0, instruction: 'nop5' });
    expect(walk('89 7c 24 f8 0f 1f 44 00 00 53')).toMatchObject({ offset: 9, instruction: 'push' });
  });

  it('to what the running kernel emulates', () => {
    expect(walk('0f 1f 00 53')).toMatchObject({ offset: 0, instruction: 'nop3' });
    expect(walk('0f 1f 00 53', new Set(['push'] as const))).toMatchObject({ offset: 3 });
  });

  it('and says what it passed', () => {
    expect(walk('f3 0f 1e fa 31 c0 53')).toMatchObject({ passed: [4, 6], onlyEndbr: false });
    expect(walk('f3 0f 1e fa 53')).toMatchObject({ passed: [4], onlyEndbr: true });
  });
});

describe('stays', () => {
  it.each([
    ['sub $8,%rsp', '48 83 ec 08 53', 'the stack pointer changes first'],
    ['lea -8(%rsp),%rsp', '48 8d 64 24 f8 53', 'the stack pointer changes first'],
    ['mov %rdi,%rsp', '48 89 fc 53', 'the stack pointer changes first'],
    ['pop %rax', '58 53', 'the stack pointer changes first'],
    ['push (%rdi)', 'ff 37 53', 'the stack pointer changes first'],
    ['leave', 'c9 53', 'the stack pointer changes first'],
    ['xchg %rsp,%rax', '48 94 53', 'an instruction that is not passed comes first'],
    ['ret', 'c3 53', 'the function leaves first'],
    ['call', 'e8 00 00 00 00 53', 'the function leaves first'],
    ['jmp *%rax', 'ff e0 53', 'the function leaves first'],
    ['jrcxz', 'e3 00 53', 'the function leaves first'],
    ['syscall', '0f 05 53', 'the function leaves first'],
    ['mov %rax,(%rsp)', '48 89 04 24 53', 'a store that may reach the return address comes first'],
    ['mov %rax,4(%rsp)', '48 89 44 24 04 53', 'a store that may reach the return address comes first'],
    ['mov %al,(%rsp,%rcx)', '88 04 0c 53', 'a store that may reach the return address comes first'],
    ['movups %xmm0,-8(%rsp)', '0f 11 44 24 f8 53', 'a store that may reach the return address comes first'],
    [
      'mov %rsp,%rax; mov %rcx,(%rax)',
      '48 89 e0 48 89 08 53',
      'a store that may reach the return address comes first',
    ],
    ['rep movsb', 'f3 a4 53', 'an instruction that is not passed comes first'],
    ['movsl', 'a5 53', 'an instruction that is not passed comes first'],
    ['div %rcx', '48 f7 f1 53', 'an instruction that is not passed comes first'],
    ['invalid', '06 53', 'an instruction that is not passed comes first'],
    ['mov, then the end', '48 89 f8', 'the function ends first'],
  ])('%s', (_, hex, reason) => expect(walk(hex)).toEqual({ found: false, reason }));
});

describe('classes', () => {
  it.each(SAMPLES.map((sample) => [sample.class, sample.bytes] as const))('%s', (name, bytes) => {
    expect(classOf(Buffer.from([...bytes, 0x90]), 0)).toBe(name);
  });

  it.each([
    ['xchg %rax,%r8', '49 90'],
    ['push %ax', '66 50'],
    ['push with REX.W', '48 50'],
    ['call', 'e8 00 00 00 00'],
    ['endbr64', 'f3 0f 1e fa'],
    ['loop', 'e2 00'],
    ['data16 jmp', '66 e9 00 00 00 00'],
    ['nopw %cs:', '66 2e 0f 1f 84 00 00 00 00 00'],
    ['nopw (%rax)', '66 0f 1f 00'],
  ])('%s is of none', (_, hex) => {
    expect(classOf(Buffer.from(`${hex}000000`.replaceAll(' ', ''), 'hex'), 0)).toBeUndefined();
  });
});
