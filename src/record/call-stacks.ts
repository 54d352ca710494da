/**
 * Raw probe hits -> balanced call events. One stack of open calls a thread; each open call keeps the
 * address of its return-address slot (psABI 3.2.2), which tells frames apart whatever became of their return:
 *
 * - A hit at a slot means that every open call with a lower slot is gone (longjmp, exception, lost return).
 * - An entry at the slot of the innermost call is a tail call: it stays inside that call. But where an open call
 *   at this slot is of the same function, that one is gone (a longjmp out of a loop's callee), and all inside it.
 * - Of a function whose return is not probed nobody tells the end: an entry at its slot is no tail call of its.
 * - A return closes the innermost open call of its function at its slot; without one it is counted and dropped.
 */
import { type EventSink, Leave } from '../trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';

const INITIAL_DEPTH = 64;

/** The open calls of one thread. */
export class CallStack {
  depth = 0;
  lastTime = 0;
  functions = new Int32Array(INITIAL_DEPTH);
  /** Slot addresses >> 3, low 32 bits: compared by wrapping difference, good for stacks up to 16 GiB apart. */
  slots = new Int32Array(INITIAL_DEPTH);

  /** `hasReturn`: whether a function's return is probed. */
  constructor(
    readonly thread: ThreadId,
    readonly hasReturn: (fn: number) => boolean,
  ) {}

  enter(time: number, fn: number, slot: number, sink: EventSink): void {
    const at = this.#moveTo(time, slot, sink);
    if (this.depth > 0 && this.slots[this.depth - 1] === slot) this.#closeTwin(at, fn, slot, sink);
    if (this.depth === this.functions.length) this.#grow();
    this.functions[this.depth] = fn;
    this.slots[this.depth] = slot;
    this.depth++;
    sink.enter(this.thread, at as Ns, fn as FunctionId);
  }

  /** False: no open call of `fn` is at `slot`; nothing was closed for this return. */
  return(time: number, fn: number, slot: number, sink: EventSink): boolean {
    const at = this.#moveTo(time, slot, sink);
    const open = this.#find(fn, slot);
    if (open < 0) return false;
    while (this.depth - 1 > open) this.#close(at, Leave.Unwound, sink);
    this.#close(at, Leave.Returned, sink);
    return true;
  }

  #closeTwin(time: number, fn: number, slot: number, sink: EventSink): void {
    const twin = this.#find(fn, slot);
    if (twin >= 0) while (this.depth > twin) this.#close(time, Leave.Unwound, sink);
    while (this.depth > 0 && this.#isOverAt(slot)) this.#close(time, Leave.Unwound, sink);
  }

  #isOverAt(slot: number): boolean {
    const top = this.depth - 1;
    return this.slots[top] === slot && !this.hasReturn(this.functions[top]!);
  }

  /** Index of the innermost open call of `fn` among those at `slot`, which are the topmost; -1: none. */
  #find(fn: number, slot: number): number {
    let open = this.depth - 1;
    while (open >= 0 && this.slots[open] === slot && this.functions[open] !== fn) open--;
    return open >= 0 && this.slots[open] === slot ? open : -1;
  }

  /** Closes the calls below `slot` and returns the time, never earlier than the thread's last event. */
  #moveTo(time: number, slot: number, sink: EventSink): number {
    const at = Math.max(time, this.lastTime);
    this.lastTime = at;
    while (this.depth > 0 && ((this.slots[this.depth - 1]! - slot) | 0) < 0)
      this.#close(at, Leave.Unwound, sink);
    return at;
  }

  #close(time: number, how: Leave, sink: EventSink): void {
    this.depth--;
    sink.leave(this.thread, time as Ns, how);
  }

  #grow(): void {
    const functions = new Int32Array(this.depth * 2);
    const slots = new Int32Array(this.depth * 2);
    functions.set(this.functions);
    slots.set(this.slots);
    this.functions = functions;
    this.slots = slots;
  }
}
