/** Files that `-o` names, for text. Under sudo a new file belongs to the user who called sudo. */
import { closeSync, fchownSync, openSync, statSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';
import { UtraceError } from '../util/errors.js';
import { usage } from './usage-errors.js';

/** Opens at once: before the target runs, so that nothing is lost to a typing error. @throws UtraceError OUTPUT_NOT_WRITABLE */
export function openOutput(path: string): number {
  try {
    return createNew(path) ?? openSync(path, 'w');
  } catch (cause) {
    throw notWritable(path, cause);
  }
}

/** A file that the first write creates: a report that fails before it leaves the file of an earlier one alone. */
export class LazyFile extends Writable {
  /** Why writing failed. */
  failure: UtraceError | undefined;
  #fd: number | undefined;

  constructor(readonly path: string) {
    super();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    try {
      this.#fd ??= openOutput(this.path);
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#fd, chunk, at);
      done();
    } catch (error) {
      this.failure = error instanceof UtraceError ? error : notWritable(this.path, error);
      done(this.failure);
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    done(error);
  }
}

/** A report must not overwrite the trace that it is made from. @throws UtraceError USAGE */
export function refuseSameFile(input: string, output: string): void {
  const from = statSync(input, { throwIfNoEntry: false });
  const to = statSync(output, { throwIfNoEntry: false });
  if (from === undefined || to === undefined || from.dev !== to.dev || from.ino !== to.ino) return;
  throw usage(`-o ${output} is the trace file itself`, 'Give the report another name: -o FILE');
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
  const uid = Number(process.env.SUDO_UID);
  const gid = Number(process.env.SUDO_GID);
  if (process.getuid?.() === 0 && uid > 0 && Number.isInteger(gid)) fchownSync(fd, uid, gid);
  return fd;
}

/** Without a hint of its own: the table of advice has one for each errno. */
export function notWritable(path: string, cause: unknown): UtraceError {
  const errno = (cause as NodeJS.ErrnoException).code;
  return new UtraceError({
    code: 'OUTPUT_NOT_WRITABLE',
    message: `cannot write to ${path}: ${errno}`,
    cause,
  });
}
