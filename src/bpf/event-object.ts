/** bpf/utrace.bpf.c: calls and returns as records in a ring. */
import type { Pid } from '../util/units.js';
import { type CallerRequest, type EngineRequest, loadObject, type ProbeObject } from './object.js';

export interface EventObjectRequest extends EngineRequest {
  /** CLOCK_MONOTONIC at time 0 of the trace, ns. */
  readonly startTime: bigint;
  readonly tgid: Pid;
  readonly caller: CallerRequest;
  /** Power of two, multiple of the page. */
  readonly ringBytes: number;
  /** Bytes waiting in the ring above which BPF stops the target; 0: never. */
  readonly stopAbove: number;
}

export interface EventObject extends ProbeObject {
  readonly ringFd: number;
  readonly ringBytes: number;
  /** Map whose one value is `struct utrace_shared`. */
  readonly sharedFd: number;
}

/** @throws UtraceError of `loadObject` */
export function loadEventObject(request: EventObjectRequest): EventObject {
  const { ringBytes } = request;
  const object = loadObject({
    engine: request.engine,
    probes: request.probes,
    file: 'utrace.bpf.o',
    caller: request.caller,
    config: encodeConfig(request),
    sizes: { utrace_ring: ringBytes },
  });
  return { ...object, ringFd: object.mapFd('utrace_ring'), ringBytes, sharedFd: object.mapFd('.bss') };
}

/** `struct utrace_config` of bpf/event.h. */
function encodeConfig(request: EventObjectRequest): Buffer {
  const config = Buffer.alloc(16);
  config.writeBigUInt64LE(request.startTime, 0);
  config.writeUInt32LE(request.tgid, 8);
  config.writeUInt32LE(request.stopAbove, 12);
  return config;
}
