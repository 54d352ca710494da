/**
 * Bounds-checked reading of an ELF file by pread: nothing is read that was not asked for, and nothing
 * beyond the end of the file. Every offset and length in an ELF file is hostile until it has passed `read`.
 * Integers are little-endian, the only data encoding of x86-64 (psABI, "Machine Interface").
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { EXIT_CANNOT_RUN, EXIT_NOT_FOUND, UtraceError } from '../util/errors.js';

export interface ElfBytes {
  readonly path: string;
  /** Bytes in the file. */
  readonly size: number;
  /** Exactly `length` bytes; throws ELF_TRUNCATED where the file has fewer. `what` names the part for the message. */
  read(offset: number, length: number, what: string): Buffer;
  close(): void;
}

/** Opens a regular file. Throws FILE_NOT_FOUND, FILE_NOT_READABLE or NOT_AN_ELF. */
export function openBytes(path: string): ElfBytes {
  const fd = openFile(path);
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    const kind = stat.isDirectory() ? 'a directory' : 'not a regular file';
    throw new UtraceError({
      code: 'NOT_AN_ELF',
      message: `${path} is ${kind}, not a program`,
      exitCode: EXIT_CANNOT_RUN,
    });
  }
  return {
    path,
    size: stat.size,
    read: (offset, length, what) => readExactly(fd, path, stat.size, offset, length, what),
    close: () => closeSync(fd),
  };
}

/** An unsigned 64-bit integer. Above 2^53 the low bits are lost: such a value fails every bounds check. */
export function u64(buffer: Buffer, offset: number): number {
  const high = buffer.readUInt32LE(offset + 4);
  // Adding a product would make every small number a heap-allocated double.
  return high === 0 ? buffer.readUInt32LE(offset) : buffer.readUInt32LE(offset) + high * 2 ** 32;
}

export function truncated(path: string, what: string): UtraceError {
  return new UtraceError({
    code: 'ELF_TRUNCATED',
    message: `${path} is truncated or damaged: its ${what} lies outside the file`,
    exitCode: EXIT_CANNOT_RUN,
  });
}

export function damaged(path: string, what: string): UtraceError {
  return new UtraceError({
    code: 'ELF_DAMAGED',
    message: `${path} is not a valid ELF file: ${what}`,
    exitCode: EXIT_CANNOT_RUN,
  });
}

function readExactly(
  fd: number,
  path: string,
  size: number,
  offset: number,
  length: number,
  what: string,
): Buffer {
  const end = offset + length;
  if (!Number.isSafeInteger(end) || offset < 0 || length < 0 || end > size) throw truncated(path, what);
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, buffer, done, length - done, offset + done);
    if (count === 0) throw truncated(path, what);
    done += count;
  }
  return buffer;
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? 'error';
    const missing = errno === 'ENOENT' || errno === 'ENOTDIR';
    throw new UtraceError({
      code: missing ? 'FILE_NOT_FOUND' : 'FILE_NOT_READABLE',
      message: missing ? `no such file: ${path}` : `cannot read ${path}: ${errno}`,
      exitCode: missing ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
      cause,
    });
  }
}
