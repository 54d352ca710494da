/**
 * Probes through tracefs events: each event is opened as one perf event of the target with the BPF program on it.
 * The perf event's task only selects whose memory gets the breakpoints (uprobe_perf_filter: the same mm), so all
 * threads are covered and no other process pays; the program runs though the perf event itself stays disabled.
 */
import koffi from 'koffi';
import type { FileOffset, Tid } from '../util/units.js';
import { BPF_LINK_CREATE, bpf, closeFd, perfEventOpen } from './libc.js';
import type { Link } from './links.js';
import type { TraceEvent, Tracefs } from './tracefs.js';

export interface TracefsLinkRequest {
  readonly tracefs: Tracefs;
  readonly programFd: number;
  readonly atReturn: boolean;
  readonly path: string;
  /** A live thread of the target. */
  readonly tid: Tid;
  readonly offsets: readonly FileOffset[];
  /** What the program reads with bpf_get_attach_cookie() at each of these probes. */
  readonly cookie: bigint;
}

const BPF_MAP_UPDATE_BATCH = 26;
const BPF_PERF_EVENT = 41;
const LINK_ATTR_BYTES = 24;
const BATCH_ATTR_BYTES = 56;
const PERF_ATTR_BYTES = 64;
const PERF_TYPE_TRACEPOINT = 2;
const PERF_ATTR_DISABLED = 1n;

/** Makes one link. All or nothing: one bad offset refuses it with ErrnoError, at the latest when the perf event opens. */
export function createTracefsLink(request: TracefsLinkRequest): Link {
  const { tracefs, tid, programFd, cookie } = request;
  const event = tracefs.define(request);
  const opened: number[] = [];
  const close = (): void => {
    for (const fd of opened.splice(0).reverse()) closeFd(fd);
    event.remove();
  };
  try {
    opened.push(perfEventOpen(perfAttributes(event), tid, -1));
    opened.push(linkProgram(programFd, opened[0]!, cookie));
    return { close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Fills a hash map of u64 keys and u64 values by one system call (5.6). */
export function updateMap(mapFd: number, keys: BigUint64Array, values: BigUint64Array): void {
  const attr = Buffer.alloc(BATCH_ATTR_BYTES);
  attr.writeBigUInt64LE(koffi.address(keys), 16);
  attr.writeBigUInt64LE(koffi.address(values), 24);
  attr.writeUInt32LE(keys.length, 32);
  attr.writeUInt32LE(mapFd, 36);
  bpf(BPF_MAP_UPDATE_BATCH, attr);
}

/** `struct perf_event_attr`, first version. No inheritance: fork() in the target would fail. */
function perfAttributes(event: TraceEvent): Buffer {
  const attr = Buffer.alloc(PERF_ATTR_BYTES);
  attr.writeUInt32LE(PERF_TYPE_TRACEPOINT, 0);
  attr.writeUInt32LE(PERF_ATTR_BYTES, 4);
  attr.writeBigUInt64LE(BigInt(event.id), 8);
  attr.writeBigUInt64LE(PERF_ATTR_DISABLED, 40);
  return attr;
}

/** A link and not PERF_EVENT_IOC_SET_BPF, which has no cookie. 5.15. */
function linkProgram(programFd: number, perfFd: number, cookie: bigint): number {
  const attr = Buffer.alloc(LINK_ATTR_BYTES);
  attr.writeUInt32LE(programFd, 0);
  attr.writeUInt32LE(perfFd, 4);
  attr.writeUInt32LE(BPF_PERF_EVENT, 8);
  attr.writeBigUInt64LE(cookie, 16);
  return bpf(BPF_LINK_CREATE, attr);
}
