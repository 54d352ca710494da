/**
 * The executable and the libraries of a living process, as paths that can be opened from here: the plain path
 * where it leads to the mapped file, else through /proc/PID/root (another mount namespace), else the kernel's
 * own links to the mapped inode (deleted or replaced files).
 */
import { readlinkSync, statSync } from 'node:fs';
import { UtraceError } from '../util/errors.js';
import type { Pid } from '../util/units.js';
import { sortByLoadOrder } from './load-order.js';
import { type MapRow, processError, readMaps } from './process-maps.js';

export interface ProcessModules {
  /** Path to open. */
  readonly executable: string;
  /** Paths to open, in load order. */
  readonly libraries: readonly string[];
}

/** Throws NO_SUCH_PROCESS, PROCESS_NOT_READABLE, or NOT_A_USER_PROCESS (kernel threads, zombies). */
export function findProcessModules(pid: Pid): ProcessModules {
  const link = executableLink(pid);
  const inode = statSync(`/proc/${pid}/exe`, { throwIfNoEntry: false })?.ino;
  const rows = readMaps(pid);
  const executable = sameFile(link, inode) ? link : `/proc/${pid}/exe`;
  const libraries = new Map<string, string>();
  for (const row of rows) {
    if (!row.path.startsWith('/') || !row.permissions.includes('x') || row.inode === inode) continue;
    if (libraries.has(row.path)) continue;
    libraries.set(row.path, openablePath(pid, row));
  }
  return { executable, libraries: sortByLoadOrder(executable, [...libraries.values()]) };
}

/** A path by which this process can open the file that `row` maps. */
export function openablePath(pid: Pid, row: MapRow): string {
  if (!row.deleted) {
    if (sameFile(row.path, row.inode)) return row.path;
    const inRoot = `/proc/${pid}/root${row.path}`;
    if (sameFile(inRoot, row.inode)) return inRoot;
  }
  return `/proc/${pid}/map_files/${row.start.toString(16)}-${row.end.toString(16)}`;
}

function executableLink(pid: Pid): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (missing && statSync(`/proc/${pid}`, { throwIfNoEntry: false }) !== undefined) {
      throw new UtraceError({
        code: 'NOT_A_USER_PROCESS',
        message: `process ${pid} has no executable: it is a kernel thread, or has ended already`,
        cause,
      });
    }
    throw processError(pid, cause);
  }
}

/** By inode number alone: the device number in maps differs from stat's on overlayfs and btrfs. */
function sameFile(path: string, inode: number | undefined): boolean {
  try {
    return statSync(path).ino === inode;
  } catch {
    return false;
  }
}
