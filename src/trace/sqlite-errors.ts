/**
 * SQLite result codes (https://www.sqlite.org/rescode.html) as trace errors with a remedy. Whatever
 * happens while writing, the file stays readable to the last commit: each commit is one transaction.
 */
import { UtraceError } from '../util/errors.js';

/** Runs a statement that writes to the trace; its failures become UtraceErrors. */
export function writing<Result>(path: string, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw writeError(path, cause);
  }
}

export function sqliteCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function writeError(path: string, cause: unknown): unknown {
  const code = sqliteCode(cause);
  if (!code.startsWith('SQLITE_')) return cause;
  if (code === 'SQLITE_FULL') {
    return new UtraceError({
      code: 'TRACE_DISK_FULL',
      message: `the disk of ${path} is full (SQLITE_FULL): the trace ends here, what was written before is readable`,
      hint: `free some space, or put the trace elsewhere: -o /another/disk/utrace.data`,
      cause,
    });
  }
  return new UtraceError({
    code: 'TRACE_IO',
    message: `cannot write the trace ${path}: ${(cause as Error).message} (${code})`,
    hint: 'check the disk and its quota (df, dmesg); what was written before is readable with --report -i',
    cause,
  });
}
