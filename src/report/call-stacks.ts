/**
 * Events become calls: each thread's stack of open calls, which knows for every call that ends when it
 * began, how deep it was and how much of its time was its own. Memory grows with the depth, never with
 * the number of calls. Visitors see the calls; corrections of time (stopped time, probe cost) belong
 * here, so that all formats agree.
 */
import type { EventSink, Leave } from '../trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';

export interface CallVisitor {
  /** A call begins; the outermost has depth 1. */
  enter(thread: ThreadId, time: Ns, fn: FunctionId, depth: number): void;
  /** The innermost call ends. `self`: its time less that of its callees. */
  leave(thread: ThreadId, time: Ns, fn: FunctionId, depth: number, start: Ns, self: Ns, how: Leave): void;
  /** All events up to `time` have been visited. */
  advance?(time: Ns): void;
}

export class CallStacks implements EventSink {
  private readonly stacks: (CallStack | undefined)[] = [];
  private thread = -1;
  private stack = new CallStack();

  constructor(private readonly visitor: CallVisitor) {}

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    const stack = thread === this.thread ? this.stack : this.select(thread);
    if (stack.depth === stack.functions.length) stack.grow();
    const { depth } = stack;
    stack.functions[depth] = fn;
    stack.starts[depth] = time;
    stack.callees[depth] = 0;
    stack.depth = depth + 1;
    this.visitor.enter(thread, time, fn, depth + 1);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    const stack = thread === this.thread ? this.stack : this.select(thread);
    const { depth } = stack;
    if (depth === 0) return;
    const top = depth - 1;
    stack.depth = top;
    const start = stack.starts[top]!;
    const duration = time - start;
    if (top > 0) stack.callees[top - 1]! += duration;
    const self = duration - stack.callees[top]!;
    const fn = stack.functions[top] as FunctionId;
    this.visitor.leave(thread, time, fn, depth, start as Ns, self as Ns, how);
  }

  advance(time: Ns): void {
    this.visitor.advance?.(time);
  }

  private select(thread: ThreadId): CallStack {
    let stack = this.stacks[thread];
    if (stack === undefined) {
      stack = new CallStack();
      this.stacks[thread] = stack;
    }
    this.thread = thread;
    this.stack = stack;
    return stack;
  }
}

class CallStack {
  depth = 0;
  functions = new Int32Array(16);
  starts = new Float64Array(16);
  /** Time spent in callees that have ended. */
  callees = new Float64Array(16);

  grow(): void {
    const functions = new Int32Array(this.depth * 2);
    functions.set(this.functions);
    this.functions = functions;
    this.starts = doubled(this.starts);
    this.callees = doubled(this.callees);
  }
}

function doubled(values: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}
