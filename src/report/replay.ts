/**
 * Replays a trace's blocks as events. Every enter gets its leave: what was still open when its thread, its
 * process or the trace ended is left then with `Leave.Open`. Two orders: thread after thread (cheapest, for
 * sums), or by time over all threads (a heap of threads; a thread's next block is loaded only when it is
 * due). Yields after each block or so, so that a writing visitor can wait for its output. Where blocks are
 * missing the open calls are unwound and those of the next block's stack entered anew. A span of time
 * (from/to) belongs here: blocks hold their open calls, so a replay can begin at any of them.
 */
import { FIRST_ENTER } from '../trace/block.js';
import type { BlockCursor } from '../trace/cursor.js';
import { type EventSink, Leave } from '../trace/model.js';
import type { TraceBlock, TraceReader } from '../trace/reader.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';
import { ThreadHeap } from './thread-heap.js';

export type ReplayOrder = 'by thread' | 'by time';

export function* replay(trace: TraceReader, order: ReplayOrder, sink: EventSink): Generator<void> {
  const threads = trace.threads.flatMap((thread) =>
    thread === undefined ? [] : [new ThreadReplay(trace, thread.id, sink)],
  );
  if (order === 'by thread') {
    for (const thread of threads) {
      while (thread.due < NEVER) {
        thread.run(NEVER);
        yield;
      }
    }
  } else {
    yield* byTime(threads);
  }
  sink.advance(trace.endTime);
}

function* byTime(threads: readonly ThreadReplay[]): Generator<void> {
  const heap = new ThreadHeap(threads);
  let events = 0;
  for (let first = heap.first; first !== undefined; first = heap.first) {
    events += first.run(heap.secondDue);
    heap.settle();
    if (events < EVENTS_PER_YIELD) continue;
    events = 0;
    yield;
  }
}

/** One thread's way through its blocks. */
class ThreadReplay {
  /** Time of the next event; NEVER: all done. */
  due: number;
  private sequence = 0;
  private depth = 0;
  private lastTime = 0;
  private loaded: Loaded | undefined;

  constructor(
    private readonly trace: TraceReader,
    private readonly thread: ThreadId,
    private readonly sink: EventSink,
  ) {
    this.due = trace.blockTime(thread, 0) ?? NEVER;
  }

  /** Delivers events up to and including time `until`, at most to the end of a block; returns how many. */
  run(until: number): number {
    const loaded = this.loaded ?? this.load();
    if (loaded === undefined) return this.close();
    const { block, cursor } = loaded;
    const before = cursor.left;
    if (block.guard(() => this.walk(cursor, until))) return before - cursor.left;
    this.loaded = undefined;
    this.due = this.trace.blockTime(this.thread, this.sequence) ?? this.closing();
    return before;
  }

  /** False at the end of the block. `cursor` always stands on an event that is not delivered yet. */
  private walk(cursor: BlockCursor, until: number): boolean {
    const { thread, sink } = this;
    let { depth } = this;
    let time = cursor.time;
    let last = this.lastTime;
    let more = true;
    while (more && time <= until) {
      const { code } = cursor;
      if (code >= FIRST_ENTER) {
        depth++;
        sink.enter(thread, time as Ns, (code - FIRST_ENTER) as FunctionId);
      } else if (depth > 0) {
        depth--;
        sink.leave(thread, time as Ns, code === 0 ? Leave.Returned : Leave.Unwound);
      }
      last = time;
      more = cursor.next();
      time = cursor.time;
    }
    this.depth = depth;
    this.lastTime = last;
    this.due = time;
    return more;
  }

  /** The next block, its cursor on the first event. */
  private load(): Loaded | undefined {
    const block = this.trace.block(this.thread, this.sequence);
    if (block === undefined) return undefined;
    const cursor = block.cursor(this.lastTime);
    if (block.sequence !== this.sequence || block.encoded.depth !== this.depth) this.resume(block);
    this.sequence = block.sequence + 1;
    block.guard(() => cursor.next());
    this.loaded = { block, cursor };
    return this.loaded;
  }

  /** Blocks before this one are missing. */
  private resume(block: TraceBlock): void {
    this.leaveAll(this.lastTime, Leave.Unwound);
    for (const fn of block.openCalls()) {
      this.sink.enter(this.thread, block.encoded.firstTime, fn);
      this.depth++;
    }
  }

  /** After the last event: when the open calls end, NEVER without any. */
  private closing(): number {
    return this.depth === 0 ? NEVER : Math.max(this.lastTime, this.trace.closingTime(this.thread));
  }

  private close(): number {
    this.leaveAll(this.closing(), Leave.Open);
    this.due = NEVER;
    return 0;
  }

  private leaveAll(time: number, how: Leave): void {
    for (; this.depth > 0; this.depth--) this.sink.leave(this.thread, time as Ns, how);
  }
}

interface Loaded {
  readonly block: TraceBlock;
  readonly cursor: BlockCursor;
}

const NEVER = Number.POSITIVE_INFINITY;
const EVENTS_PER_YIELD = 65536;
