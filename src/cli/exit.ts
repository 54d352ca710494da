/**
 * Leaving as the target left: with its exit status, or killed by the same signal, so that whoever started
 * utrace sees what a plain run would have shown. A second core dump, of utrace itself, is prevented.
 */
import { constants } from 'node:os';
import { EXIT_FAILURE } from '../util/errors.js';

/** `exitCode` counts where there is no signal; neither: success. */
export async function leave(
  exitCode: number | undefined,
  signal: NodeJS.Signals | undefined,
): Promise<never> {
  await flushed();
  if (signal === undefined) process.exit(exitCode ?? 0);
  await dieBy(signal);
  process.exit(statusOf(signal));
}

/** What a shell shows for a death by signal. */
export function statusOf(signal: NodeJS.Signals): number {
  const number = constants.signals[signal];
  return number === undefined ? EXIT_FAILURE : 128 + number;
}

/** Returns only where the signal does not kill (blocked). */
async function dieBy(signal: NodeJS.Signals): Promise<void> {
  process.removeAllListeners(signal);
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load('libc.so.6');
    // Not dumpable: unlike RLIMIT_CORE this also holds where cores are piped to a program (core(5)).
    libc.func('int prctl(int option, unsigned long value)')(PR_SET_DUMPABLE, 0);
    // node ignores SIGPIPE, and has handlers of its own for others; the default action is what kills.
    libc.func('void *signal(int number, void *handler)')(constants.signals[signal], null);
  } catch {
    // Without libc the plain kill below still does for most signals.
  }
  process.kill(process.pid, signal);
  // Delivery to another thread takes a moment.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DELIVERY_MS);
}

/** include/uapi/linux/prctl.h */
const PR_SET_DUMPABLE = 4;
const DELIVERY_MS = 200;

/** Pipes, terminals and files are written synchronously; what is left is a stream that waits for its reader. */
async function flushed(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writableLength === 0 || stream.destroyed) continue;
    await new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.once('error', () => resolve());
      stream.write('', () => resolve());
    });
  }
}
