/**
 * The ELF header (gABI, "ELF Header"), and the refusal of everything that is not a 64-bit little-endian
 * x86-64 executable or shared object. Takes the first bytes of a file, so that it also serves to say
 * what a file is.
 */
import { EXIT_CANNOT_RUN, UtraceError } from '../util/errors.js';
import type { VirtualAddress } from '../util/units.js';
import { truncated, u64 } from './elf-bytes.js';
import { EM_X86_64, ET_DYN, ET_EXEC } from './elf-constants.js';

/** Enough for the header (64 bytes) and for a script's `#!` line (the kernel reads 256 bytes of it). */
export const HEADER_SIZE = 256;

export interface Header {
  /** ET_EXEC: a program at fixed addresses; ET_DYN: a position-independent program or a shared object. */
  readonly type: 'fixed' | 'relocatable';
  readonly entry: VirtualAddress;
  readonly segmentOffset: number;
  readonly segmentEntrySize: number;
  readonly segmentCount: number;
  readonly sectionOffset: number;
  readonly sectionEntrySize: number;
  /** 0 with a section table present: the number stands in section 0. */
  readonly sectionCount: number;
  /** Index of the section name table; 0xffff: it stands in section 0. */
  readonly sectionNames: number;
}

export function parseHeader(path: string, start: Buffer): Header {
  if (start.subarray(0, 2).toString('latin1') === '#!') throw scriptError(path, start);
  if (start.subarray(0, 4).toString('latin1') !== '\x7fELF') {
    throw refusal('NOT_AN_ELF', `${path} is not an ELF file${describe(start)}`);
  }
  if (start.length < 20) throw truncated(path, 'ELF header');
  const machine = start.readUInt16LE(18);
  if (start[4] !== 2 || start[5] !== 1 || machine !== EM_X86_64) throw wrongMachine(path, start, machine);
  if (start.length < 64) throw truncated(path, 'ELF header');
  const type = start.readUInt16LE(16);
  if (type !== ET_EXEC && type !== ET_DYN) {
    const what =
      type === 1 ? 'an object file (not linked)' : type === 4 ? 'a core dump' : `of ELF type ${type}`;
    throw refusal('ELF_NOT_EXECUTABLE', `${path} is ${what}, not an executable or a shared object`);
  }
  return {
    type: type === ET_EXEC ? 'fixed' : 'relocatable',
    entry: u64(start, 24) as VirtualAddress,
    segmentOffset: u64(start, 32),
    sectionOffset: u64(start, 40),
    segmentEntrySize: start.readUInt16LE(54),
    segmentCount: start.readUInt16LE(56),
    sectionEntrySize: start.readUInt16LE(58),
    sectionCount: start.readUInt16LE(60),
    sectionNames: start.readUInt16LE(62),
  };
}

function scriptError(path: string, start: Buffer): UtraceError {
  const line = start.subarray(2).toString('utf8').split('\n')[0]?.trim() ?? '';
  const interpreter = line === '' ? '/bin/sh' : line;
  return new UtraceError({
    code: 'ELF_SCRIPT',
    message: `${path} is a script run by ${interpreter}, not a compiled program`,
    hint: `trace its interpreter instead: utrace -- ${interpreter} ${path}`,
    exitCode: EXIT_CANNOT_RUN,
  });
}

function wrongMachine(path: string, start: Buffer, machine: number): UtraceError {
  const bits = start[4] === 1 ? '32-bit' : start[4] === 2 ? '64-bit' : `class ${start[4]}`;
  const big = start[5] === 2;
  const number = big ? start.readUInt16BE(18) : machine;
  const name = MACHINES.get(number) ?? `machine ${number}`;
  return new UtraceError({
    code: 'ELF_WRONG_ARCH',
    message: `${path} is a ${bits} ${big ? 'big-endian ' : ''}${name} program`,
    hint: 'utrace traces 64-bit x86-64 programs',
    exitCode: EXIT_CANNOT_RUN,
  });
}

/** e_machine numbers that a user may meet. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [2, 'SPARC'],
  [3, 'x86'],
  [8, 'MIPS'],
  [20, 'PowerPC'],
  [21, 'PowerPC64'],
  [22, 'S/390'],
  [40, 'ARM'],
  [62, 'x86-64'],
  [183, 'AArch64'],
  [243, 'RISC-V'],
  [247, 'BPF'],
  [258, 'LoongArch'],
]);

function describe(start: Buffer): string {
  if (start.length === 0) return ' (it is empty)';
  if (start.subarray(0, 2).toString('latin1') === 'MZ') return ' (a Windows program)';
  return start.every((byte) => byte >= 9 && byte < 127) ? ' (it is a text file)' : '';
}

function refusal(code: string, message: string): UtraceError {
  return new UtraceError({ code, message, exitCode: EXIT_CANNOT_RUN });
}
