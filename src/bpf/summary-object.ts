/** bpf/summary.bpf.c: totals by function, kept in the kernel. */
import { onlineCpus } from '../util/cpus.js';
import type { Pid, Tid } from '../util/units.js';
import { type CallerRequest, type EngineRequest, loadObject, type ProbeObject } from './object.js';

export interface SummaryObjectRequest extends EngineRequest {
  readonly tgid: Pid;
  readonly caller: CallerRequest;
  /** The only thread that counts; undefined: all. */
  readonly tid: Tid | undefined;
  readonly functions: number;
  /** Threads that the target has already. */
  readonly threads: number;
}

export interface SummaryObject extends ProbeObject {
  readonly totalsFd: number;
  readonly stacksFd: number;
  /** Map whose one value is `struct utrace_summary_shared`. */
  readonly sharedFd: number;
  readonly functions: number;
  readonly shards: number;
  readonly stacks: number;
}

/** Threads that can be timed at once, 25 KiB each; twice as many as an attached process has, where that is more. */
const FEWEST_STACKS = 1024;
const MOST_STACKS = 16384;
/** Bytes of `struct utrace_totals`. */
export const TOTALS_BYTES = 192;
/** What all shards together may take, where one alone does not take more. */
const MOST_BYTES = 128 << 20;

/** @throws UtraceError of `loadObject` */
export function loadSummaryObject(request: SummaryObjectRequest): SummaryObject {
  const functions = Math.max(1, request.functions);
  const shards = shardCount(functions, onlineCpus().length);
  const stacks = stackCount(request.threads);
  const object = loadObject({
    engine: request.engine,
    probes: request.probes,
    file: 'summary.bpf.o',
    caller: request.caller,
    config: encodeConfig(request, functions, shards, stacks),
    sizes: { utrace_totals: functions * shards, utrace_stacks: stacks },
  });
  return {
    ...object,
    totalsFd: object.mapFd('utrace_totals'),
    stacksFd: object.mapFd('utrace_stacks'),
    sharedFd: object.mapFd('.bss'),
    functions,
    shards,
    stacks,
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

function stackCount(threads: number): number {
  let stacks = FEWEST_STACKS;
  while (stacks < 2 * threads && stacks < MOST_STACKS) stacks *= 2;
  return stacks;
}

/** `struct utrace_summary_config` of bpf/summary.h. */
function encodeConfig(
  request: SummaryObjectRequest,
  functions: number,
  shards: number,
  stacks: number,
): Buffer {
  const config = Buffer.alloc(24);
  config.writeUInt32LE(request.tgid, 0);
  config.writeUInt32LE(request.tid ?? 0, 4);
  config.writeUInt32LE(functions, 8);
  config.writeUInt32LE(shards - 1, 12);
  config.writeUInt32LE(request.caller.execsAhead, 16);
  config.writeUInt32LE(stacks - 1, 20);
  return config;
}
