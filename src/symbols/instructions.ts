/**
 * May a uprobe sit on this instruction? Follows arch/x86/kernel/uprobes.c: `uprobe_init_insn`,
 * `is_prefix_bad`, `good_insns_64`, `insn_masking_exception` (Linux 5.11; the lists are the same in 6.18), and
 * is stricter where the kernel accepts an instruction that it then executes wrongly:
 *
 * - VEX, EVEX and XOP: the kernel looks up the opcode byte behind the prefix as if it were a one-byte
 *   opcode, so that it may take `vmovdqu` for a jump. Seen on 6.18: the instruction silently does nothing.
 * - `syscall` and `sysenter` (0f is a "good" first byte, so every two-byte opcode passes): single-stepping
 *   them out of line kills the process.
 * - `xchg %rax,%r8` to `%r15` and their 16- and 32-bit forms: opcode 90 with REX.B, which the kernel emulates as a nop
 *   (`branch_setup_xol_ops`). Seen on 6.18: the registers keep their values.
 */
import type { FileOffset } from '../util/units.js';
import { type CodeDecoder, INVALID_CODE } from './decoder.js';

export type InstructionVerdict =
  | 'fine'
  | 'instruction cannot be decoded'
  | 'VEX or EVEX instruction'
  | 'syscall instruction'
  | 'instruction prefix the kernel refuses'
  | 'instruction the kernel refuses'
  | 'instruction the kernel takes for a nop';

export function judgeInstruction(decoder: CodeDecoder, offset: FileOffset): InstructionVerdict {
  const bytes = decoder.bytes(offset);
  const instruction = decoder.decode(offset);
  if (instruction === undefined || instruction.code === INVALID_CODE) {
    return 'instruction cannot be decoded';
  }
  // `add %al,(%rax)`: what filler and data decode to, and no function begins with.
  if (bytes[0] === 0 && bytes[1] === 0) return 'instruction cannot be decoded';

  let at = 0;
  while (LEGACY_PREFIX[bytes[at]!] === 1) {
    if (REFUSED_PREFIX[bytes[at]!] === 1) return 'instruction prefix the kernel refuses';
    at++;
  }
  let rex = 0;
  if ((bytes[at]! & 0xf0) === 0x40) rex = bytes[at++]!;
  const opcode = bytes[at]!;
  if (opcode === 0x90 && (rex & 1) === 1) return 'instruction the kernel takes for a nop';
  if (opcode === 0xc4 || opcode === 0xc5 || opcode === 0x62) return 'VEX or EVEX instruction';
  if (opcode === 0x8f && (bytes[at + 1]! & 0x1f) >= 8) return 'VEX or EVEX instruction'; // XOP
  if (opcode === 0x0f) return judgeTwoByteOpcode(bytes[at + 1]!);
  const loadsStackSegment = opcode === 0x8e && ((bytes[at + 1]! >> 3) & 7) === 2;
  if (REFUSED_OPCODE[opcode] === 1 || loadsStackSegment) return 'instruction the kernel refuses';
  // The kernel refuses relative branches with an operand size prefix: Intel and AMD differ there.
  if (RELATIVE_BRANCH[opcode] === 1 && bytes.subarray(0, at).includes(0x66)) {
    return 'instruction prefix the kernel refuses';
  }
  return 'fine';
}

function judgeTwoByteOpcode(opcode: number): InstructionVerdict {
  return opcode === 0x05 || opcode === 0x34 ? 'syscall instruction' : 'fine';
}

/** A table of the 256 byte values: 1 for those listed. */
function byteTable(values: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const value of values) table[value] = 1;
  return table;
}

const REFUSED = [0x26, 0x2e, 0x36, 0x3e, 0xf0];
const REFUSED_PREFIX = byteTable(REFUSED);
const LEGACY_PREFIX = byteTable([...REFUSED, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3]);

/** Zeros of `good_insns_64` that are instructions in 64-bit mode: port I/O, int3, int, iret, int1, hlt, cli, sti. */
const REFUSED_OPCODE = byteTable([
  0x6c, 0x6d, 0x6e, 0x6f, 0xcc, 0xcd, 0xce, 0xcf, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0xf1, 0xf4,
  0xfa, 0xfb,
]);

/** `branch_setup_xol_ops`: jmp, call and the conditional jumps. */
const RELATIVE_BRANCH = byteTable([0xe8, 0xe9, 0xeb, ...Array.from({ length: 16 }, (_, i) => 0x70 + i)]);
