/**
 * What a process maps executable while it runs, from perf's side-band records (perf_event_open(2); dummy software
 * events, include/uapi/linux/perf_event.h): PERF_RECORD_MMAP2 and, to tell images apart, PERF_RECORD_COMM of an exec.
 * One event and one ring a CPU, because an inherited event can be mapped only so. No BPF program hangs on them.
 */
import type { FileOffset, Ns, Pid, RuntimeAddress } from '../util/units.js';
import { closeFd, mapShared, PAGE, perfEventOpen } from './libc.js';

export type MappingEvent =
  | {
      readonly kind: 'map';
      readonly time: Ns;
      readonly pid: Pid;
      readonly start: RuntimeAddress;
      readonly end: RuntimeAddress;
      readonly offset: FileOffset;
      readonly inode: number;
      /** As the kernel knows it; `[vdso]` and `//anon` among them. */
      readonly path: string;
    }
  | { readonly kind: 'exec'; readonly time: Ns; readonly pid: Pid }
  | { readonly kind: 'lost'; readonly count: number };

const DATA_BYTES = 64 * PAGE;
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;

const ATTR_BYTES = 112;
const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_DUMMY = 9n;
const PERF_SAMPLE_TID = 2n;
const PERF_SAMPLE_TIME = 4n;
/** inherit, exclude_kernel, exclude_hv, mmap, comm, sample_id_all, mmap2, comm_exec, use_clockid */
const ATTR_FLAGS = [1, 5, 6, 8, 9, 18, 23, 24, 25].reduce((flags, bit) => flags | (1n << BigInt(bit)), 0n);
const CLOCK_MONOTONIC = 1;

const RECORD_LOST = 2;
const RECORD_COMM = 3;
const RECORD_MMAP2 = 10;
const MISC_COMM_EXEC = 1 << 13;
const HEADER_BYTES = 8;
/** pid, tid, time: the trailer of every record (sample_id_all). */
const TRAILER_BYTES = 16;

export interface MappingRing {
  readonly fd: number;
}

/** Opens one event a CPU for `pid` and what it forks. Throws ErrnoError; offline CPUs are left out by the caller's list. */
export function openMappingRings(pid: Pid, cpus: readonly number[]): MappingRing[] {
  return cpus.map((cpu) => ({ fd: perfEventOpen(attributes(), pid, cpu) }));
}

export function closeMappingRings(rings: readonly MappingRing[]): void {
  for (const { fd } of rings) closeFd(fd);
}

/** Reads all rings, each in order; times of different CPUs interleave. */
export class MappingReader {
  readonly #rings: Ring[];

  /** `startTime`: CLOCK_MONOTONIC at time 0 of the trace. */
  constructor(fds: readonly number[], startTime: bigint) {
    this.#rings = fds.map((fd) => new Ring(fd, startTime));
  }

  read(): MappingEvent[] {
    const events: MappingEvent[] = [];
    for (const ring of this.#rings) ring.read(events);
    return events;
  }
}

class Ring {
  readonly #positions: BigInt64Array;
  readonly #data: Buffer;

  constructor(
    fd: number,
    readonly startTime: bigint,
  ) {
    const memory = mapShared(fd, PAGE + DATA_BYTES, 0, true);
    this.#positions = new BigInt64Array(memory, 0, PAGE / 8);
    this.#data = Buffer.from(memory, PAGE, DATA_BYTES);
  }

  read(events: MappingEvent[]): void {
    const head = Atomics.load(this.#positions, DATA_HEAD / 8);
    let tail = Atomics.load(this.#positions, DATA_TAIL / 8);
    while (tail < head) {
      const start = Number(tail % BigInt(DATA_BYTES));
      const size = this.#data.readUInt16LE(start + 6);
      if (size < HEADER_BYTES) break;
      this.#decode(this.#record(start, size), events);
      tail += BigInt(size);
    }
    Atomics.store(this.#positions, DATA_TAIL / 8, tail);
  }

  /** A record may wrap around the ring's end; its header never does (records are multiples of 8). */
  #record(start: number, size: number): Buffer {
    const upToEnd = this.#data.subarray(start, Math.min(start + size, DATA_BYTES));
    return Buffer.concat([upToEnd, this.#data.subarray(0, size - upToEnd.length)]);
  }

  #decode(record: Buffer, events: MappingEvent[]): void {
    const pid = record.readUInt32LE(HEADER_BYTES) as Pid;
    const time = Number(record.readBigUInt64LE(record.length - 8) - this.startTime) as Ns;
    switch (record.readUInt32LE(0)) {
      case RECORD_LOST:
        events.push({ kind: 'lost', count: Number(record.readBigUInt64LE(HEADER_BYTES + 8)) });
        return;
      case RECORD_COMM:
        if ((record.readUInt16LE(4) & MISC_COMM_EXEC) !== 0) events.push({ kind: 'exec', time, pid });
        return;
      case RECORD_MMAP2: {
        const start = Number(record.readBigUInt64LE(16));
        const path = record.toString('utf8', 72, record.length - TRAILER_BYTES);
        events.push({
          kind: 'map',
          time,
          pid,
          start: start as RuntimeAddress,
          end: (start + Number(record.readBigUInt64LE(24))) as RuntimeAddress,
          offset: Number(record.readBigUInt64LE(32)) as FileOffset,
          inode: Number(record.readBigUInt64LE(48)),
          path: path.slice(0, path.indexOf('\0')),
        });
      }
    }
  }
}

function attributes(): Buffer {
  const attr = Buffer.alloc(ATTR_BYTES);
  attr.writeUInt32LE(PERF_TYPE_SOFTWARE, 0);
  attr.writeUInt32LE(ATTR_BYTES, 4);
  attr.writeBigUInt64LE(PERF_COUNT_SW_DUMMY, 8);
  attr.writeBigUInt64LE(PERF_SAMPLE_TID | PERF_SAMPLE_TIME, 24);
  attr.writeBigUInt64LE(ATTR_FLAGS, 40);
  attr.writeInt32LE(CLOCK_MONOTONIC, 92);
  return attr;
}
