import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openDecoder } from '../../src/symbols/decoder.js';
import { openBytes } from '../../src/symbols/elf-bytes.js';
import { openBoundaryCheck } from '../../src/symbols/instruction-boundary.js';
import { judgeInstruction } from '../../src/symbols/instructions.js';
import type { FileOffset } from '../../src/util/units.js';
import { temporaryFolder } from './tools.js';

const folder = temporaryFolder();
afterAll(folder.remove);

function decoderOf(hex: string): ReturnType<typeof openDecoder> {
  const path = join(folder.path, 'code');
  writeFileSync(path, Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  return openDecoder(openBytes(path));
}

function judge(hex: string): string {
  const decoder = decoderOf(hex);
  const verdict = judgeInstruction(decoder, 0 as FileOffset);
  decoder.free();
  return verdict;
}

describe('which instructions take a uprobe', () => {
  it.each([
    ['push %rbp', '55'],
    ['push %r15', '41 57'],
    ['endbr64', 'f3 0f 1e fa'],
    ['xchg %ax,%ax', '66 90'],
    ['nopl', '0f 1f 44 00 00'],
    ['sub $8,%rsp', '48 83 ec 08'],
    ['mov %fs:0x28,%rax', '64 48 8b 04 25 28 00 00 00'],
    ['bnd jmp *slot(%rip)', 'f2 ff 25 00 00 00 00'],
    ['jmp *slot(%rip)', 'ff 25 00 00 00 00'],
    ['addsd', 'f2 0f 58 c1'],
    ['jmp', 'eb 00'],
    ['pop (%rax)', '8f 00'],
    ['xchg %rax,%rcx', '48 91'],
    ['nop with a prefix', '48 90'],
    ['ud2', '0f 0b'],
  ])('%s: fine', (_, hex) => expect(judge(hex)).toBe('fine'));

  it.each([
    ['vmovdqu (%rdi),%ymm0', 'c5 fe 6f 07', 'VEX or EVEX instruction'],
    ['andn', 'c4 e2 60 f2 c1', 'VEX or EVEX instruction'],
    ['vmovdqu64 (%rdi),%zmm0', '62 f1 fe 48 6f 07', 'VEX or EVEX instruction'],
    ['syscall', '0f 05', 'syscall instruction'],
    ['sysenter', '0f 34', 'syscall instruction'],
    ['notrack jmp *%rax', '3e ff e0', 'instruction prefix the kernel refuses'],
    ['lock incl (%rax)', 'f0 ff 00', 'instruction prefix the kernel refuses'],
    ['nopw %cs:0(%rax,%rax)', '66 2e 0f 1f 84 00 00 00 00 00', 'instruction prefix the kernel refuses'],
    ['data16 jmp', '66 e9 00 00 00 00', 'instruction prefix the kernel refuses'],
    ['int3', 'cc', 'instruction the kernel refuses'],
    ['int $0x80', 'cd 80', 'instruction the kernel refuses'],
    ['hlt', 'f4', 'instruction the kernel refuses'],
    ['mov %eax,%ss', '8e d0', 'instruction the kernel refuses'],
    ['xchg %rax,%r8', '49 90', 'instruction the kernel takes for a nop'],
    ['xchg %ax,%r8w', '66 41 90', 'instruction the kernel takes for a nop'],
    ['zeros', '00 00 00 00', 'instruction cannot be decoded'],
    ['invalid in 64-bit mode', '06', 'instruction cannot be decoded'],
    ['cut off', '48 8b', 'instruction cannot be decoded'],
    ['nothing', '', 'instruction cannot be decoded'],
    [
      'prefixes without end',
      '66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66',
      'instruction cannot be decoded',
    ],
  ])('%s', (_, hex, expected) => expect(judge(hex)).toBe(expected));
});

describe('a symbol inside another function', () => {
  it('is refused where it points into an instruction', () => {
    // 0: push %rbp, 1: mov %rsp,%rbp, 4: pop %rbp, 5: ret
    const decoder = decoderOf('55 48 89 e5 5d c3');
    const isBoundary = openBoundaryCheck(decoder);
    const answers = [0, 1, 3, 4, 5].map((offset) => isBoundary(offset as FileOffset, offset === 0 ? 6 : 0));
    expect(answers).toEqual([true, true, false, true, true]);
  });

  it('is believed behind data that cannot be decoded', () => {
    const isBoundary = openBoundaryCheck(decoderOf('55 06 06 48 89 e5'));
    expect(isBoundary(0 as FileOffset, 6)).toBe(true);
    expect(isBoundary(4 as FileOffset, 0)).toBe(true);
  });
});

describe('the decoder', () => {
  it('reads across its windows', () => {
    const nops = '90'.repeat((1 << 20) - 2);
    const decoder = decoderOf(`${nops}0f1f440000c3`);
    expect(decoder.decode(0 as FileOffset)?.length).toBe(1);
    expect(decoder.decode(((1 << 20) - 2) as FileOffset)?.length).toBe(5);
    expect(decoder.decode(((1 << 20) + 3) as FileOffset)?.length).toBe(1);
    expect(decoder.decode(((1 << 20) + 4) as FileOffset)).toBeUndefined();
    expect(decoder.decode(7 as FileOffset)?.length).toBe(1);
  });
});
