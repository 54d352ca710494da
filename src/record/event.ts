/**
 * Decoder of the ring's records; the layout is bpf/event.h (compared in test/record/event-layout.test.ts).
 */

/** Bytes of `struct utrace_event`. */
export const EVENT_BYTES = 16;
/** Bytes of `struct utrace_task_record`. */
export const TASK_BYTES = 40;

export const RETURN_BIT = 1 << 24;
export const PROBE_ID_MASK = 0xffffff;
export const COOKIE_NO_RETURN = 1n << 32n;
export const COOKIE_LIBRARY = 1n << 33n;

/** Names of the loss counters, index as `enum utrace_counter`. */
export const LOSS_CAUSES = [
  'ring full at a call',
  'ring full at a return',
  'ring full at a fork, exec or exit',
  'caller of a library function not readable',
  'hit of an unknown probe',
] as const;

const TWO_POW_32 = 0x1_0000_0000;

/** ns since the trace's start, from words 0 and 1. */
export function eventTime(word0: number, word1: number): number {
  return (word1 & 0xffff) * TWO_POW_32 + word0;
}

export function eventTid(word1: number, word2: number): number {
  return (word1 >>> 16) | ((word2 >>> 26) << 16);
}

export enum TaskKind {
  Fork = 1,
  Exec = 2,
  Exit = 3,
}

export interface TaskRecord {
  readonly time: number;
  readonly kind: number;
  readonly tid: number;
  readonly tgid: number;
  /** Fork: tgid of the creator. Exec: tid before the exec. */
  readonly other: number;
  readonly comm: string;
}

/** Decodes a task record whose payload starts at word `index`. */
export function decodeTask(words: Uint32Array, index: number): TaskRecord {
  const comm = Buffer.from(words.buffer, words.byteOffset + (index + 6) * 4, 16);
  const end = comm.indexOf(0);
  return {
    time: words[index + 1]! * TWO_POW_32 + words[index]!,
    kind: words[index + 2]!,
    tid: words[index + 3]!,
    tgid: words[index + 4]!,
    other: words[index + 5]!,
    comm: comm.toString('utf8', 0, end < 0 ? comm.length : end),
  };
}
