/**
 * The filters of calls, the same for recorder, live output and reports: a chain of event sinks, each of
 * which passes balanced events on, in time order within each thread. Order of the stages: thread, hidden
 * functions, shortest duration, deepest level (counted on what the others let through).
 */
import type { FunctionId, Ns, ThreadId, Tid } from '../util/units.js';
import { DurationFilter } from './duration-filter.js';
import type { CallFilter, EventSink, Leave } from './model.js';

export interface FilterContext {
  /** Asked once a thread. */
  tidOf(thread: ThreadId): Tid | undefined;
  /** Undefined: all functions are visible. A hidden function vanishes, its callees move up to its caller. */
  readonly isVisible?: ((fn: FunctionId) => boolean) | undefined;
}

/** `next` itself where nothing is filtered: no cost. */
export function filterEvents(filter: CallFilter, context: FilterContext, next: EventSink): EventSink {
  let sink = next;
  if (filter.maxDepth !== undefined) sink = new DepthFilter(filter.maxDepth, sink);
  if (filter.minDuration !== undefined && filter.minDuration > 0)
    sink = new DurationFilter(filter.minDuration, sink);
  if (context.isVisible !== undefined) sink = new VisibilityFilter(context.isVisible, sink);
  if (filter.tid !== undefined) sink = new ThreadFilter(filter.tid, context, sink);
  return sink;
}

class ThreadFilter implements EventSink {
  private readonly kept: (boolean | undefined)[] = [];

  constructor(
    private readonly tid: Tid,
    private readonly context: FilterContext,
    private readonly next: EventSink,
  ) {}

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    if (this.keeps(thread)) this.next.enter(thread, time, fn);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    if (this.keeps(thread)) this.next.leave(thread, time, how);
  }

  advance(time: Ns): void {
    this.next.advance(time);
  }

  private keeps(thread: ThreadId): boolean {
    const known = this.kept[thread];
    if (known !== undefined) return known;
    const keeps = this.context.tidOf(thread) === this.tid;
    this.kept[thread] = keeps;
    return keeps;
  }
}

class VisibilityFilter implements EventSink {
  /** 0: not asked yet, 1: visible, 2: hidden. */
  private visible = new Uint8Array(1024);
  private readonly stacks: FlagStack[] = [];

  constructor(
    private readonly isVisible: (fn: FunctionId) => boolean,
    private readonly next: EventSink,
  ) {}

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    let visible = this.visible[fn];
    if (visible === undefined || visible === 0) visible = this.ask(fn);
    let stack = this.stacks[thread];
    if (stack === undefined) {
      stack = new FlagStack();
      this.stacks[thread] = stack;
    }
    stack.push(visible);
    if (visible === 1) this.next.enter(thread, time, fn);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    if (this.stacks[thread]?.pop() === 1) this.next.leave(thread, time, how);
  }

  advance(time: Ns): void {
    this.next.advance(time);
  }

  private ask(fn: FunctionId): number {
    if (fn >= this.visible.length) {
      const larger = new Uint8Array(fn * 2);
      larger.set(this.visible);
      this.visible = larger;
    }
    const answer = this.isVisible(fn) ? 1 : 2;
    this.visible[fn] = answer;
    return answer;
  }
}

class DepthFilter implements EventSink {
  private readonly depths: number[] = [];

  constructor(
    private readonly maxDepth: number,
    private readonly next: EventSink,
  ) {}

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    const depth = (this.depths[thread] ?? 0) + 1;
    this.depths[thread] = depth;
    if (depth <= this.maxDepth) this.next.enter(thread, time, fn);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    const depth = this.depths[thread] ?? 0;
    if (depth === 0) return;
    this.depths[thread] = depth - 1;
    if (depth <= this.maxDepth) this.next.leave(thread, time, how);
  }

  advance(time: Ns): void {
    this.next.advance(time);
  }
}

/** A stack of small numbers. */
class FlagStack {
  private flags = new Uint8Array(64);
  private depth = 0;

  push(flag: number): void {
    if (this.depth === this.flags.length) {
      const larger = new Uint8Array(this.depth * 2);
      larger.set(this.flags);
      this.flags = larger;
    }
    this.flags[this.depth++] = flag;
  }

  pop(): number | undefined {
    return this.depth === 0 ? undefined : this.flags[--this.depth];
  }
}
