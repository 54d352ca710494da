/**
 * uprobe_multi links by the bare bpf(2) call: one link holds all probes of one file.
 * `union bpf_attr.link_create.uprobe_multi` of include/uapi/linux/bpf.h (6.6; session attach type 6.13).
 */
import koffi from 'koffi';
import type { FileOffset, Pid } from '../util/units.js';
import { BPF_LINK_CREATE, bpf, closeFd, ErrnoError } from './libc.js';

const ATTR_BYTES = 64;
const F_UPROBE_MULTI_RETURN = 1;

export const BPF_TRACE_UPROBE_MULTI = 48;
export const BPF_TRACE_UPROBE_SESSION = 57;

export interface MultiLinkRequest {
  readonly programFd: number;
  readonly session: boolean;
  /** Probe the returns instead of the entries (not for session links, which have both). */
  readonly atReturn: boolean;
  readonly path: string;
  readonly pid: Pid;
  /** One per probe; what the program reads with bpf_get_attach_cookie(). */
  readonly offsets: readonly FileOffset[];
  readonly cookies: BigUint64Array;
}

/** Closes the link: all its probes are gone when this returns. */
export interface Link {
  close(): void;
}

/** Makes one link. All or nothing: one bad offset refuses it with ErrnoError. */
export function createMultiLink(request: MultiLinkRequest): Link {
  const offsets = BigUint64Array.from(request.offsets, BigInt);
  const path = Buffer.from(`${request.path}\0`);
  const attr = Buffer.alloc(ATTR_BYTES);
  attr.writeUInt32LE(request.programFd, 0);
  attr.writeUInt32LE(request.session ? BPF_TRACE_UPROBE_SESSION : BPF_TRACE_UPROBE_MULTI, 8);
  attr.writeBigUInt64LE(koffi.address(path), 16);
  attr.writeBigUInt64LE(koffi.address(offsets), 24);
  attr.writeBigUInt64LE(koffi.address(request.cookies), 40);
  attr.writeUInt32LE(offsets.length, 48);
  attr.writeUInt32LE(request.atReturn ? F_UPROBE_MULTI_RETURN : 0, 52);
  attr.writeUInt32LE(request.pid, 56);
  const fd = bpf(BPF_LINK_CREATE, attr);
  return { close: () => closeFd(fd) };
}

/**
 * Whether the kernel takes links of this kind, found by effect: with a path that does not exist a kernel
 * that knows them answers ENOENT, one that does not EINVAL (or E2BIG for the longer attr).
 */
export function supportsMultiLink(programFd: number, session: boolean): boolean {
  try {
    createMultiLink({
      programFd,
      session,
      atReturn: false,
      path: '/proc/self/no-such-file',
      pid: 0 as Pid,
      offsets: [0 as FileOffset],
      cookies: new BigUint64Array(1),
    }).close();
    return true;
  } catch (error) {
    return error instanceof ErrnoError && error.errno === 'ENOENT';
  }
}
