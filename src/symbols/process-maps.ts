/**
 * /proc/PID/maps as typed rows (proc_pid_maps(5)). `[vsyscall]` is left out: its address, in the kernel's
 * half, has no exact number here.
 */
import { readFileSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';
import type { FileOffset, Pid, RuntimeAddress } from '../util/units.js';

export interface MapRow {
  readonly start: RuntimeAddress;
  readonly end: RuntimeAddress;
  /** As printed, for example `r-xp`. */
  readonly permissions: string;
  readonly offset: FileOffset;
  readonly inode: number;
  /** As the process sees it, without ` (deleted)`; `[heap]` and the like; empty for anonymous memory. */
  readonly path: string;
  /** The file has been removed or replaced since. */
  readonly deleted: boolean;
}

/** Throws NO_SUCH_PROCESS or PROCESS_NOT_READABLE. */
export function readMaps(pid: Pid): MapRow[] {
  return parseMaps(readProcessFile(pid, 'maps'));
}

export function parseMaps(text: string): MapRow[] {
  const rows: MapRow[] = [];
  for (const line of text.split('\n')) {
    const match = ROW.exec(line);
    if (match === null) continue;
    const [, start, end, permissions, offset, inode, shown] = match as unknown as string[];
    const path = unescapePath(shown!);
    if (path === '[vsyscall]') continue;
    const deleted = path.startsWith('/') && path.endsWith(DELETED);
    rows.push({
      start: Number.parseInt(start!, 16) as RuntimeAddress,
      end: Number.parseInt(end!, 16) as RuntimeAddress,
      permissions: permissions!,
      offset: Number.parseInt(offset!, 16) as FileOffset,
      inode: Number(inode),
      path: deleted ? path.slice(0, -DELETED.length) : path,
      deleted,
    });
  }
  return rows;
}

/** A file of /proc/PID as text, its errors as facts about the process. */
export function readProcessFile(pid: Pid, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch (cause) {
    throw processError(pid, cause);
  }
}

export function processError(pid: Pid, cause: unknown): UtraceError {
  const errno = (cause as NodeJS.ErrnoException).code ?? 'error';
  if (errno === 'ENOENT' || errno === 'ESRCH') {
    return new UtraceError({ code: 'NO_SUCH_PROCESS', message: `no process has the PID ${pid}`, cause });
  }
  return new UtraceError({
    code: 'PROCESS_NOT_READABLE',
    message: `cannot read /proc/${pid}: ${errno}; the process belongs to another user`,
    cause,
  });
}

const ROW = /^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ([0-9a-f]+) [0-9a-f]+:[0-9a-f]+ (\d+) *(.*)$/;
const DELETED = ' (deleted)';

/** The kernel prints a newline in a file name as `\012`. */
function unescapePath(text: string): string {
  return text.replaceAll('\\012', '\n');
}
