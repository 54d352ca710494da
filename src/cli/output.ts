/** Files named by -o for text. Under sudo a new file belongs to the invoking user. */
import { closeSync, createWriteStream, fchownSync, openSync, statSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { UtraceError } from '../util/errors.js';
import { usageError } from './usage-error.js';

/** Opens at once, so that a path that cannot be written is known before anything runs. Throws OUTPUT_IO. */
export function openOutput(path: string): Writable {
  return createWriteStream(path, { fd: openFile(path) });
}

/** A file that is made by the first write. */
export class LazyFile extends Writable {
  /** Why writing failed. */
  failure: UtraceError | undefined;
  #fd: number | undefined;

  constructor(readonly path: string) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    try {
      this.#fd ??= openFile(this.path);
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#fd, chunk, at);
      done();
    } catch (error) {
      this.failure = error instanceof UtraceError ? error : outputFailure(this.path, error);
      done(this.failure);
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    done(error);
  }
}

export function outputFailure(path: string, cause: unknown): UtraceError {
  const errno = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new UtraceError({ code: 'OUTPUT_IO', message: `cannot write ${path}: ${errno}`, cause });
}

/** A report must not overwrite the trace that it is made from. Throws USAGE. */
export function refuseSameFile(input: string, output: string): void {
  const [from, to] = [input, output].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (from === undefined || to === undefined || from.dev !== to.dev || from.ino !== to.ino) return;
  throw usageError(`-o ${output} is the trace file itself`, 'give the report another name');
}

function openFile(path: string): number {
  try {
    return createNew(path) ?? openSync(path, 'w');
  } catch (cause) {
    throw outputFailure(path, cause);
  }
}

/** undefined: the file exists already. */
function createNew(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  const [uid, gid] = [Number(process.env['SUDO_UID']), Number(process.env['SUDO_GID'])];
  if (process.getuid?.() === 0 && uid > 0 && Number.isInteger(gid)) fchownSync(fd, uid, gid);
  return fd;
}
