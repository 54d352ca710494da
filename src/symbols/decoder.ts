/**
 * x86-64 instructions at file offsets, decoded by iced-x86 (WebAssembly). The file is read in windows,
 * one pread each, so ask in ascending order where there is much to ask. iced copies each window
 * into its own memory; one Instruction object is used for all answers: take what you need before the next call.
 */
import { createRequire } from 'node:module';
import type { Decoder, Instruction } from 'iced-x86';
import type { FileOffset, VirtualAddress } from '../util/units.js';
import type { ElfBytes } from './elf-bytes.js';

export interface CodeDecoder {
  /**
   * The instruction at `offset`. Its `code` is INVALID_CODE where the bytes are none; undefined
   * beyond the end of the file. `address` is needed
   * only where relative operands are looked at.
   */
  decode(offset: FileOffset, address?: VirtualAddress): Instruction | undefined;
  /** Up to 15 bytes at `offset`, the longest instruction; fewer at the end of the file. Valid until the next call. */
  bytes(offset: FileOffset): Buffer;
  /** Frees WebAssembly memory; the decoder cannot be used afterwards. */
  free(): void;
}

/** `Code.INVALID` of iced-x86: bytes that are no instruction. */
export const INVALID_CODE = 0;

/** iced-x86, loaded at first use: 60 ms and 2 MB of code that reports and `--help` never need. */
export function iced(): typeof import('iced-x86') {
  loaded ??= createRequire(import.meta.url)('iced-x86') as typeof import('iced-x86');
  return loaded;
}

export function openDecoder(bytes: ElfBytes): CodeDecoder {
  const { Decoder: IcedDecoder, DecoderOptions, Instruction: IcedInstruction } = iced();
  const instruction = new IcedInstruction();
  let decoder: Decoder | undefined;
  let window: Buffer = Buffer.alloc(0);
  let start = 0;

  function moveTo(offset: number): number {
    if (decoder === undefined || offset < start || offset + LONGEST > start + window.length) {
      const inWindow = offset >= start && offset < start + window.length;
      const atEnd = start + window.length === bytes.size;
      if (!(decoder !== undefined && inWindow && atEnd)) {
        start = offset;
        window = bytes.read(offset, Math.min(WINDOW, bytes.size - offset), 'code');
        decoder?.free();
        decoder = new IcedDecoder(64, window, DecoderOptions.None);
      }
    }
    return offset - start;
  }

  return {
    decode(offset, address) {
      if (offset < 0 || offset >= bytes.size) return undefined;
      const position = moveTo(offset);
      decoder!.position = position;
      if (address !== undefined) decoder!.ip = BigInt(address);
      decoder!.decodeOut(instruction);
      return instruction;
    },
    bytes(offset) {
      if (offset < 0 || offset >= bytes.size) return window.subarray(0, 0);
      const position = moveTo(offset);
      return window.subarray(position, position + LONGEST);
    },
    free() {
      decoder?.free();
      decoder = undefined;
      instruction.free();
    },
  };
}

let loaded: typeof import('iced-x86') | undefined;

const WINDOW = 1 << 20;
/** Intel SDM volume 2, section 2.3.11. */
const LONGEST = 15;
