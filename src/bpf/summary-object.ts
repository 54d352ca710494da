/** bpf/summary.bpf.c: totals by function, kept in the kernel. */
import { onlineCpus } from '../util/cpus.js';
import type { Pid, Tid } from '../util/units.js';
import { loadObject, type ProbeObject } from './object.js';

export interface SummaryObjectRequest {
  readonly tgid: Pid;
  /** The only thread that counts; undefined: all. */
  readonly tid: Tid | undefined;
  readonly functions: number;
  /** Execs before the target's own image. */
  readonly execsAhead: number;
}

export interface SummaryObject extends ProbeObject {
  readonly totalsFd: number;
  readonly stacksFd: number;
  /** Map whose one value is `struct utrace_summary_shared`. */
  readonly sharedFd: number;
  readonly functions: number;
  readonly shards: number;
}

/** Bytes of `struct utrace_totals`. */
export const TOTALS_BYTES = 192;
/** What all shards together may take, where one alone does not take more. */
const MOST_BYTES = 128 << 20;

/** @throws UtraceError of `loadObject` */
export function loadSummaryObject(request: SummaryObjectRequest): SummaryObject {
  const functions = Math.max(1, request.functions);
  const shards = shardCount(functions, onlineCpus().length);
  const object = loadObject({
    file: 'summary.bpf.o',
    config: encodeConfig(request, functions, shards),
    sizes: { utrace_totals: functions * shards },
  });
  return {
    ...object,
    totalsFd: object.mapFd('utrace_totals'),
    stacksFd: object.mapFd('utrace_stacks'),
    sharedFd: object.mapFd('.bss'),
    functions,
    shards,
  };
}

/**
 * One shard a CPU (a power of two, for the mask), fewer where memory would grow beyond sense: 200,000 functions take
 * 37 MiB a shard, so on 64 CPUs they get 2 shards, not 2.3 GiB. Shared shards are right as well, only slower.
 */
export function shardCount(functions: number, cpus: number): number {
  let shards = 1;
  while (shards < cpus && shards * 2 * functions * TOTALS_BYTES <= MOST_BYTES) shards *= 2;
  return shards;
}

/** `struct utrace_summary_config` of bpf/summary.h. */
function encodeConfig(request: SummaryObjectRequest, functions: number, shards: number): Buffer {
  const config = Buffer.alloc(24);
  config.writeUInt32LE(request.tgid, 0);
  config.writeUInt32LE(request.tid ?? 0, 4);
  config.writeUInt32LE(functions, 8);
  config.writeUInt32LE(shards - 1, 12);
  config.writeUInt32LE(request.execsAhead, 16);
  return config;
}
