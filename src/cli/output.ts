/** Opens a file that `-o` names, early: before the target runs, so that nothing is lost to a typing error. */
import { openSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';

/** @throws UtraceError OUTPUT_NOT_WRITABLE */
export function openOutput(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (cause) {
    throw new UtraceError({
      code: 'OUTPUT_NOT_WRITABLE',
      message: `cannot write to ${path}: ${(cause as NodeJS.ErrnoException).code}`,
      hint: 'Name a file in a directory that exists and may be written to: -o FILE',
      cause,
    });
  }
}
