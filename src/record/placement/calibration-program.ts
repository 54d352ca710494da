/**
 * A static ELF program of a few hundred bytes, written by hand because no compiler is at hand at run time. It calls a
 * small function per instruction (the instruction, what undoes it, `ret`) and writes what each call cost to stdout:
 *
 *     for every function, for every round: u64 ticks of rdtsc around CALLS calls
 *
 * gABI: ELF header, one PT_LOAD of the whole file. Nothing else is mapped but the stack.
 */

/** Calls between two looks at the clock, and how often it is looked: the least of the rounds is the figure. */
export const CALLS = 4;
export const ROUNDS = 8;

export interface CalibrationProgram {
  readonly file: Buffer;
  /** File offset of each instruction, in the order given. */
  readonly offsets: readonly number[];
}

/** `instructions`: machine code of one each; one that pushes is followed by what takes the word off again. */
export function writeProgram(instructions: readonly (readonly number[])[]): CalibrationProgram {
  const functions: number[] = [];
  const offsets: number[] = [];
  for (const instruction of instructions) {
    offsets.push(CODE + functions.length);
    functions.push(...instruction, ...(isPush(instruction) ? POP : []), RET);
    while (functions.length % 16 !== 0) functions.push(INT3);
  }
  const start = CODE + functions.length;
  const code = [...functions, ...main(start, offsets)];
  const file = Buffer.concat([header(BASE + start, CODE + code.length), Buffer.from(code)]);
  return { file, offsets };
}

const BASE = 0x400000;
const HEADERS = 64 + 56;
/** Probes stand 16 bytes apart from here. */
const CODE = (HEADERS + 15) & ~15;
const RET = 0xc3;
const INT3 = 0xcc;
/** lea 8(%rsp),%rsp */
const POP = [0x48, 0x8d, 0x64, 0x24, 0x08];

function isPush(instruction: readonly number[]): boolean {
  return (instruction.at(-1)! & 0xf8) === 0x50 && instruction.length <= 2;
}

/** Straight code: the results go to the stack, which is as large as they are; then write(1) and exit. */
function main(start: number, offsets: readonly number[]): number[] {
  const code: number[] = [];
  const bytes = offsets.length * ROUNDS * 8;
  code.push(0x48, 0x81, 0xec, ...u32(bytes)); // sub $bytes,%rsp
  code.push(0x49, 0x89, 0xe4); // mov %rsp,%r12
  for (const offset of offsets) {
    code.push(0x41, 0xbd, ...u32(ROUNDS)); // mov $ROUNDS,%r13d
    const round = code.length;
    code.push(0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0); // rdtsc; shl $32,%rdx; or %rdx,%rax
    code.push(0x49, 0x89, 0xc6); // mov %rax,%r14
    code.push(0xbb, ...u32(CALLS)); // mov $CALLS,%ebx
    const call = code.length;
    code.push(0xe8, ...u32(offset - (start + call + 5))); // call function
    code.push(0xff, 0xcb); // dec %ebx
    code.push(0x75, (call - (code.length + 2)) & 0xff); // jnz call
    code.push(0x0f, 0x31, 0x48, 0xc1, 0xe2, 0x20, 0x48, 0x09, 0xd0);
    code.push(0x4c, 0x29, 0xf0); // sub %r14,%rax
    code.push(0x49, 0x89, 0x04, 0x24); // mov %rax,(%r12)
    code.push(0x49, 0x83, 0xc4, 0x08); // add $8,%r12
    code.push(0x41, 0xff, 0xcd); // dec %r13d
    code.push(0x75, (round - (code.length + 2)) & 0xff); // jnz round
  }
  code.push(0x48, 0x89, 0xe6, 0xba, ...u32(bytes)); // mov %rsp,%rsi; mov $bytes,%edx
  code.push(0xbf, ...u32(1), 0xb8, ...u32(1), 0x0f, 0x05); // write(1, ...)
  code.push(0x31, 0xff, 0xb8, ...u32(60), 0x0f, 0x05); // exit(0)
  return code;
}

function header(entry: number, size: number): Buffer {
  const bytes = Buffer.alloc(CODE);
  Buffer.from('7f454c46020101', 'hex').copy(bytes);
  bytes.writeUInt16LE(2, 16); // ET_EXEC
  bytes.writeUInt16LE(62, 18); // EM_X86_64
  bytes.writeUInt32LE(1, 20);
  bytes.writeBigUInt64LE(BigInt(entry), 24);
  bytes.writeBigUInt64LE(64n, 32); // program headers
  bytes.writeUInt16LE(64, 52);
  bytes.writeUInt16LE(56, 54);
  bytes.writeUInt16LE(1, 56);
  bytes.writeUInt32LE(1, 64); // PT_LOAD
  bytes.writeUInt32LE(5, 68); // PF_R | PF_X
  bytes.writeBigUInt64LE(BigInt(BASE), 80);
  bytes.writeBigUInt64LE(BigInt(BASE), 88);
  bytes.writeBigUInt64LE(BigInt(size), 96);
  bytes.writeBigUInt64LE(BigInt(size), 104);
  bytes.writeBigUInt64LE(0x1000n, 112);
  return bytes;
}

function u32(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, (value >> 24) & 0xff];
}
