/**
 * Walks a function's first basic block from its entry to the first instruction that the kernel emulates. On the way it
 * passes only instructions that leave a later probe as good as one at the entry:
 *
 * - `rsp` and the return address stay, so that a return probe finds it at (%rsp) still;
 * - control goes nowhere else: no branch, call, return, system call, division or other trap by design.
 *
 * Memory may be read and written, but not the return address: neither relative to rsp nor, once rsp was copied, through
 * another register. A call that faults on such an access (a null pointer in its first instructions) ends before its
 * probe and is not seen; docs/placement.md says so.
 *
 * What is passed is executed as it stands and need not be fit for a probe (VEX, prefixes). Jumps into what was passed
 * are looked for elsewhere (branches.ts).
 */
import type { Instruction } from 'iced-x86';
import { type CodeDecoder, INVALID_CODE, iced } from '../../symbols/decoder.js';
import type { FileOffset } from '../../util/units.js';
import { classOf, type InstructionClass } from './instruction-class.js';

export type Walk =
  | {
      readonly found: true;
      readonly offset: FileOffset;
      readonly instruction: InstructionClass;
      /** Starts of the instructions after the entry's, up to the site: where no jump may lead. */
      readonly passed: readonly number[];
      /** Nothing but `endbr64` was passed. */
      readonly onlyEndbr: boolean;
    }
  | { readonly found: false; readonly reason: Obstacle };

export type Obstacle =
  | 'the stack pointer changes first'
  | 'the function leaves first'
  | 'a store that may reach the return address comes first'
  | 'an instruction that is not passed comes first'
  | 'the function ends first';

/** `end`: the function's; `emulated`: by the running kernel. */
export function walkFirstBlock(
  decoder: CodeDecoder,
  entry: FileOffset,
  end: number,
  emulated: ReadonlySet<InstructionClass>,
): Walk {
  const passed: number[] = [];
  let onlyEndbr = true;
  let stackCopied = false;
  let offset: number = entry;
  for (let count = 0; count < MOST_PASSED; count++) {
    if (offset >= end) return { found: false, reason: 'the function ends first' };
    const bytes = decoder.bytes(offset as FileOffset);
    const instruction = classOf(bytes, 0);
    if (instruction !== undefined && emulated.has(instruction) && isUsable(instruction, offset === entry)) {
      return { found: true, offset: offset as FileOffset, instruction, passed, onlyEndbr };
    }
    const length = isEndbr(bytes) ? ENDBR_LENGTH : 0;
    if (length > 0) offset += length;
    else {
      onlyEndbr = false;
      const decoded = decoder.decode(offset as FileOffset);
      if (decoded === undefined || decoded.code === INVALID_CODE) return NOT_PASSED;
      const obstacle = findObstacle(decoded, stackCopied);
      if (obstacle !== undefined) return { found: false, reason: obstacle };
      stackCopied ||= copiesStack(decoded);
      offset += decoded.length;
    }
    passed.push(offset);
  }
  return NOT_PASSED;
}

const MOST_PASSED = 32;
const NOT_PASSED: Walk = { found: false, reason: 'an instruction that is not passed comes first' };

/** The kernel turns the 5-byte nop into a system call that writes below rsp: harmless at an entry alone. */
function isUsable(instruction: InstructionClass, atEntry: boolean): boolean {
  return atEntry || (instruction !== 'nop5' && instruction !== 'nop10');
}

const ENDBR_LENGTH = 4;

function isEndbr(bytes: Uint8Array): boolean {
  return bytes[0] === 0xf3 && bytes[1] === 0x0f && bytes[2] === 0x1e && bytes[3] === 0xfa;
}

/** Why an instruction is not passed; undefined: it is. `stackCopied`: an earlier one has put rsp, or an address made of it, elsewhere. */
function findObstacle(instruction: Instruction, stackCopied: boolean): Obstacle | undefined {
  const known = tables();
  const { mnemonic, op0Kind } = instruction;
  const role = known.roles.get(mnemonic);
  if (role === undefined) {
    if (known.moveStack.has(mnemonic)) return 'the stack pointer changes first';
    return known.leave.has(mnemonic)
      ? 'the function leaves first'
      : 'an instruction that is not passed comes first';
  }
  if (role === 'reads') return undefined;
  if (op0Kind === known.register) {
    return known.stackPointers.has(instruction.op0Register) ? 'the stack pointer changes first' : undefined;
  }
  // `movsd` is two instructions: one of them moves strings.
  if (instruction.isStringInstruction) return 'an instruction that is not passed comes first';
  return op0Kind === known.memory && role === 'writes' && mayReachReturnAddress(instruction, stackCopied)
    ? 'a store that may reach the return address comes first'
    : undefined;
}

function mayReachReturnAddress(instruction: Instruction, stackCopied: boolean): boolean {
  const { registers, vectors } = tables();
  const { memoryBase, memoryIndex } = instruction;
  if (memoryBase === registers.RIP) return false;
  if (memoryBase !== registers.RSP) return stackCopied;
  const displacement = BigInt.asIntN(64, instruction.memoryDisplacement);
  // A general register has 8 bytes, the widest vector register 64.
  const width = vectors.has(instruction.mnemonic) ? 64n : 8n;
  return memoryIndex !== registers.None || (displacement > -width && displacement < 8n);
}

function copiesStack(instruction: Instruction): boolean {
  const { registers, register, roles } = tables();
  const role = roles.get(instruction.mnemonic);
  if (role === 'address') return instruction.memoryBase === registers.RSP;
  return (
    role === 'writes' &&
    instruction.opCount > 1 &&
    instruction.op1Kind === register &&
    instruction.op1Register === registers.RSP
  );
}

/** What is known of an instruction that may be passed: whether its first operand is written, or only an address is made. */
type Role = 'writes' | 'reads' | 'address';

interface Tables {
  readonly roles: ReadonlyMap<number, Role>;
  readonly vectors: ReadonlySet<number>;
  readonly moveStack: ReadonlySet<number>;
  readonly leave: ReadonlySet<number>;
  readonly stackPointers: ReadonlySet<number>;
  readonly registers: { readonly None: number; readonly RIP: number; readonly RSP: number };
  readonly register: number;
  readonly memory: number;
}

/** Every other operand than the first is read only; `cmp` and `test` read both. */
const WRITE = [
  ...['Mov', 'Movzx', 'Movsx', 'Movsxd', 'Add', 'Sub', 'And', 'Or', 'Xor', 'Adc', 'Sbb', 'Inc', 'Dec', 'Neg'],
  ...[
    'Not',
    'Shl',
    'Shr',
    'Sar',
    'Rol',
    'Ror',
    'Shld',
    'Shrd',
    'Imul',
    'Mul',
    'Bsr',
    'Bsf',
    'Tzcnt',
    'Lzcnt',
    'Popcnt',
  ],
  ...['Bswap', 'Cdqe', 'Cqo', 'Cdq', 'Cwde', 'Cbw', 'Cwd'],
  ...[
    'Cmova',
    'Cmovae',
    'Cmovb',
    'Cmovbe',
    'Cmove',
    'Cmovg',
    'Cmovge',
    'Cmovl',
    'Cmovle',
    'Cmovne',
    'Cmovno',
  ],
  ...['Cmovnp', 'Cmovns', 'Cmovo', 'Cmovp', 'Cmovs'],
  ...['Seta', 'Setae', 'Setb', 'Setbe', 'Sete', 'Setg', 'Setge', 'Setl', 'Setle', 'Setne', 'Setno', 'Setnp'],
  ...['Setns', 'Seto', 'Setp', 'Sets'],
] as const;
const READ = ['Cmp', 'Test', 'Bt'] as const;
const ADDRESS = ['Lea', 'Nop', 'Endbr64'] as const;
/** Moves and logic only: arithmetic may raise SIGFPE. */
const VECTOR = [
  ...['Movd', 'Movq', 'Movaps', 'Movapd', 'Movups', 'Movupd', 'Movdqa', 'Movdqu', 'Movss', 'Movsd', 'Movhps'],
  ...['Movhlps', 'Movlhps', 'Movlps', 'Movhpd', 'Movlpd'],
  ...['Pxor', 'Por', 'Pand', 'Pandn', 'Xorps', 'Xorpd', 'Andps', 'Andpd', 'Andnps', 'Andnpd', 'Orps', 'Orpd'],
  ...['Punpcklbw', 'Punpcklwd', 'Punpckldq', 'Punpcklqdq', 'Punpckhqdq', 'Pshufd', 'Shufps', 'Unpcklps'],
  ...['Unpcklpd', 'Vpxor', 'Vmovd', 'Vmovq', 'Vpbroadcastb', 'Vpxorq', 'Vpxord'],
] as const;
const MOVE_STACK = ['Push', 'Pop', 'Leave', 'Enter', 'Pushfq', 'Popfq'] as const;
const LEAVE = [
  ...[
    'Ret',
    'Retf',
    'Jmp',
    'Call',
    'Jrcxz',
    'Jecxz',
    'Loop',
    'Loope',
    'Loopne',
    'Syscall',
    'Int',
    'Int3',
    'Ud2',
  ],
  ...['Ja', 'Jae', 'Jb', 'Jbe', 'Je', 'Jg', 'Jge', 'Jl', 'Jle', 'Jne', 'Jno', 'Jnp', 'Jns', 'Jo', 'Jp', 'Js'],
] as const;

let made: Tables | undefined;

/** iced's numbers, looked up when it is loaded. */
function tables(): Tables {
  if (made !== undefined) return made;
  const { Mnemonic, OpKind, Register } = iced();
  const roles = new Map<number, Role>();
  for (const name of [...WRITE, ...VECTOR]) roles.set(Mnemonic[name], 'writes');
  for (const name of READ) roles.set(Mnemonic[name], 'reads');
  for (const name of ADDRESS) roles.set(Mnemonic[name], 'address');
  const numbers = (names: readonly (keyof typeof Mnemonic)[]): Set<number> =>
    new Set(names.map((name) => Mnemonic[name]));
  made = {
    roles,
    vectors: numbers(VECTOR),
    moveStack: numbers(MOVE_STACK),
    leave: numbers(LEAVE),
    stackPointers: new Set([Register.RSP, Register.ESP, Register.SP, Register.SPL]),
    registers: { None: Register.None, RIP: Register.RIP, RSP: Register.RSP },
    register: OpKind.Register,
    memory: OpKind.Memory,
  };
  return made;
}
