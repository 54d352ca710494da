/**
 * Drops calls shorter than a duration. Whether a call is kept shows only later, so its enter is held back
 * until it returns or has been open for long enough. An outer call is open at least as long as its
 * callees: what has been passed on is always the outer part of the stack, so within a thread the order of
 * times stays. The dropped call's time stays in its caller.
 */
import type { FunctionId, Ns, ThreadId } from '../util/units.js';
import type { EventSink, Leave } from './model.js';

export class DurationFilter implements EventSink {
  private readonly stacks: (HeldStack | undefined)[] = [];

  constructor(
    private readonly minDuration: Ns,
    private readonly next: EventSink,
  ) {}

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    const stack = this.stacks[thread] ?? this.add(thread);
    if (stack.released < stack.depth) this.release(thread, stack, time);
    stack.push(fn, time);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    const stack = this.stacks[thread];
    if (stack === undefined || stack.depth === 0) return;
    if (stack.released < stack.depth) this.release(thread, stack, time);
    stack.depth--;
    if (stack.released <= stack.depth) return;
    stack.released--;
    this.next.leave(thread, time, how);
  }

  /** Held calls are younger than `minDuration`: only what is older is complete. */
  advance(time: Ns): void {
    for (const [thread, stack] of this.stacks.entries()) {
      if (stack !== undefined && stack.released < stack.depth) this.release(thread as ThreadId, stack, time);
    }
    this.next.advance(Math.max(0, time - this.minDuration) as Ns);
  }

  private release(thread: ThreadId, stack: HeldStack, time: Ns): void {
    while (stack.released < stack.depth) {
      const start = stack.starts[stack.released]!;
      if (time - start < this.minDuration) return;
      this.next.enter(thread, start as Ns, stack.functions[stack.released] as FunctionId);
      stack.released++;
    }
  }

  private add(thread: ThreadId): HeldStack {
    const stack = new HeldStack();
    this.stacks[thread] = stack;
    return stack;
  }
}

/** The open calls of a thread; the outer `released` of `depth` have been passed on. */
class HeldStack {
  depth = 0;
  released = 0;
  functions = new Int32Array(64);
  starts = new Float64Array(64);

  push(fn: FunctionId, start: Ns): void {
    if (this.depth === this.functions.length) this.grow();
    this.functions[this.depth] = fn;
    this.starts[this.depth] = start;
    this.depth++;
  }

  private grow(): void {
    const functions = new Int32Array(this.depth * 2);
    functions.set(this.functions);
    this.functions = functions;
    const starts = new Float64Array(this.depth * 2);
    starts.set(this.starts);
    this.starts = starts;
  }
}
