/**
 * Takes the cost of the probes out of the times. Each thread's clock is set back by what its probes have cost so
 * far, at every event: a call loses what its own probes cost between their two timestamps, its callers lose the
 * whole cost of every traced call inside. Every format then agrees, and self times still sum to the roots' total.
 *
 * The costs are means, measured on this machine when the trace was recorded (`probe_cost` in docs/trace-format.md);
 * where a mean is more than really passed, the clock stands still rather than run backwards. Calls that a filter of
 * the recorder dropped (--max-depth, --time-filter) cost time that is in no event: it cannot be taken out.
 */
import { type EventSink, Leave } from '../trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../util/units.js';

/** Costs by function id, ns. */
export interface CallCosts {
  /** From the trap to the entry's timestamp, and from the return's timestamp back to the program. */
  readonly outside: Float64Array;
  /** From the entry's timestamp back to the program, and from the return's trap to its timestamp. */
  readonly inside: Float64Array;
  /** A call whose return was not seen, or not probed. */
  readonly entryOnly: Float64Array;
}

export class Compensation implements EventSink {
  readonly #clocks: Clock[] = [];

  constructor(
    private readonly costs: CallCosts,
    private readonly next: EventSink,
  ) {}

  enter(thread: ThreadId, time: Ns, fn: FunctionId): void {
    const clock = this.#clocks[thread] ?? this.#addClock(thread);
    const half = this.costs.outside[fn]! / 2;
    const shown = clock.set(time, half);
    clock.offset += this.costs.inside[fn]! / 2;
    clock.push(fn);
    this.next.enter(thread, shown, fn);
  }

  leave(thread: ThreadId, time: Ns, how: Leave): void {
    const clock = this.#clocks[thread] ?? this.#addClock(thread);
    const fn = clock.pop();
    if (fn < 0) return;
    const { costs } = this;
    if (how === Leave.Returned) {
      const shown = clock.set(time, costs.inside[fn]! / 2);
      clock.offset += costs.outside[fn]! / 2;
      this.next.leave(thread, shown, how);
      return;
    }
    // The entry took its halves; what an entry alone costs more or less is made up here.
    const owed = costs.entryOnly[fn]! - (costs.outside[fn]! + costs.inside[fn]!) / 2;
    this.next.leave(thread, clock.set(time, Math.max(0, owed)), how);
  }

  advance(time: Ns): void {
    this.next.advance(time);
  }

  #addClock(thread: ThreadId): Clock {
    const clock = new Clock();
    this.#clocks[thread] = clock;
    return clock;
  }
}

/** One thread's compensated time and its open calls. */
class Clock {
  /** Cost so far, ns. */
  offset = 0;
  #shown = 0;
  #depth = 0;
  #functions = new Int32Array(64);

  /** Charges `cost` and gives the time that is left, never before the last one given. */
  set(time: number, cost: number): Ns {
    this.offset += cost;
    const shown = time - this.offset;
    if (shown >= this.#shown) this.#shown = shown;
    else this.offset = time - this.#shown;
    return this.#shown as Ns;
  }

  push(fn: number): void {
    if (this.#depth === this.#functions.length) {
      const larger = new Int32Array(this.#depth * 2);
      larger.set(this.#functions);
      this.#functions = larger;
    }
    this.#functions[this.#depth++] = fn;
  }

  pop(): number {
    return this.#depth === 0 ? -1 : this.#functions[--this.#depth]!;
  }
}
