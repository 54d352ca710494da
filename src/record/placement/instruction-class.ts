/**
 * Instructions by what the kernel may do about them: a uprobe on one that it emulates costs a fraction of one on an
 * instruction that it single-steps. The classes are those that arch/x86/kernel/uprobes.c tells apart
 * (`push_setup_xol_ops`, `branch_setup_xol_ops`; 6.18: nops of several lengths and the 5-byte nop turned into a system
 * call); which of them the running kernel emulates is found by effect (calibrate.ts).
 *
 * A relative `call` is emulated too and is no class here: the kernel pushes its return address, but nothing says that
 * it does so on a shadow stack, and hardly a function begins with one.
 */

export type InstructionClass =
  | 'push'
  | 'push r8-r15'
  | 'jmp'
  | 'jcc'
  | 'nop'
  | 'nop2'
  | 'nop3'
  | 'nop4'
  | 'nop5'
  | 'nop6'
  | 'nop7'
  | 'nop8'
  | 'nop9'
  | 'nop10';

export interface ClassSample {
  readonly class: InstructionClass;
  /** One instruction that falls through, or jumps to what follows it. */
  readonly bytes: readonly number[];
}

/** One of each class, for the calibration. */
export const SAMPLES: readonly ClassSample[] = [
  { class: 'push', bytes: [0x50] },
  { class: 'push r8-r15', bytes: [0x41, 0x50] },
  { class: 'jmp', bytes: [0xe9, 0, 0, 0, 0] },
  { class: 'jcc', bytes: [0x74, 0] },
  { class: 'nop', bytes: [0x90] },
  { class: 'nop2', bytes: [0x66, 0x90] },
  { class: 'nop3', bytes: [0x0f, 0x1f, 0x00] },
  { class: 'nop4', bytes: [0x0f, 0x1f, 0x40, 0] },
  { class: 'nop5', bytes: [0x0f, 0x1f, 0x44, 0, 0] },
  { class: 'nop6', bytes: [0x66, 0x0f, 0x1f, 0x44, 0, 0] },
  { class: 'nop7', bytes: [0x0f, 0x1f, 0x80, 0, 0, 0, 0] },
  { class: 'nop8', bytes: [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0] },
  { class: 'nop9', bytes: [0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0] },
  { class: 'nop10', bytes: [0x66, 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0] },
];

/** The class of the instruction at `at`; undefined for all that no kernel is known to emulate. */
export function classOf(code: Uint8Array, at: number): InstructionClass | undefined {
  const first = code[at]!;
  if (first >= 0x50 && first <= 0x57) return 'push';
  if (first >= 0x70 && first <= 0x7f) return 'jcc';
  switch (first) {
    case 0x41: {
      const second = code[at + 1]!;
      return second >= 0x50 && second <= 0x57 ? 'push r8-r15' : undefined;
    }
    case 0xe9:
    case 0xeb:
      return 'jmp';
    case 0x90:
      return 'nop';
    case 0x0f:
      if ((code[at + 1]! & 0xf0) === 0x80) return 'jcc';
      return longNop(code, at, 0);
    case 0x66:
      if (code[at + 1] === 0x90) return 'nop2';
      return code[at + 1] === 0x66 ? longNop(code, at + 2, 2) : longNop(code, at + 1, 1);
    default:
      return undefined;
  }
}

/** The forms of the Intel SDM's table of multi-byte nops (volume 2, NOP), which assemblers use. */
function longNop(code: Uint8Array, at: number, prefixes: number): InstructionClass | undefined {
  if (code[at] !== 0x0f || code[at + 1] !== 0x1f) return undefined;
  const length = LONG_NOPS.get(code[at + 2]!);
  // A form with a SIB byte has 0 there; others address memory alike, but are not what was calibrated.
  if (length === undefined || ((code[at + 2]! & 7) === 4 && code[at + 3] !== 0)) return undefined;
  switch (length + prefixes) {
    case 3:
      return 'nop3';
    case 4:
      return prefixes === 0 ? 'nop4' : undefined;
    case 5:
      return prefixes === 0 ? 'nop5' : undefined;
    case 6:
      return prefixes === 1 ? 'nop6' : undefined;
    case 7:
      return prefixes === 0 ? 'nop7' : undefined;
    case 8:
      return prefixes === 0 ? 'nop8' : undefined;
    case 9:
      return prefixes === 1 ? 'nop9' : undefined;
    case 10:
      return prefixes === 2 ? 'nop10' : undefined;
    default:
      return undefined;
  }
}

/** ModRM -> length without prefixes. */
const LONG_NOPS: ReadonlyMap<number, number> = new Map([
  [0x00, 3],
  [0x40, 4],
  [0x44, 5],
  [0x80, 7],
  [0x84, 8],
]);

/** What kernels since 5.11 emulate; the set where the running kernel could not be asked. */
export const ALWAYS_EMULATED: ReadonlySet<InstructionClass> = new Set([
  'push',
  'push r8-r15',
  'jmp',
  'jcc',
  'nop',
  'nop2',
]);
