/** Probe costs out of hand-made times: every expected figure is arithmetic on the costs below. */
import { describe, expect, it } from 'vitest';
import { CallStacks, type CallVisitor } from '../../src/report/call-stacks.js';
import { Compensation } from '../../src/report/compensation.js';
import { Leave } from '../../src/trace/model.js';
import type { FunctionId, Ns, ThreadId } from '../../src/util/units.js';

const OUTSIDE = 1000;
const INSIDE = 400;
const ENTRY_ONLY = 900;
const THREAD = 0 as ThreadId;
const COSTS = {
  outside: new Float64Array(3).fill(OUTSIDE),
  inside: new Float64Array(3).fill(INSIDE),
  entryOnly: new Float64Array(3).fill(ENTRY_ONLY),
};

class Durations implements CallVisitor {
  readonly calls: { fn: number; total: number; self: number }[] = [];

  enter(): void {}

  leave(_thread: ThreadId, time: Ns, fn: FunctionId, _depth: number, start: Ns, self: Ns): void {
    this.calls.push({ fn, total: time - start, self });
  }
}

function pipeline(): { durations: Durations; enter: Enter; leave: End } {
  const durations = new Durations();
  const sink = new Compensation(COSTS, new CallStacks(durations));
  return {
    durations,
    enter: (time, fn) => sink.enter(THREAD, time as Ns, fn as FunctionId),
    leave: (time, how = Leave.Returned) => sink.leave(THREAD, time as Ns, how),
  };
}

type Enter = (time: number, fn: number) => void;
type End = (time: number, how?: Leave) => void;

describe('Compensation', () => {
  it('leaves a leaf what it took beyond its own probes', () => {
    const { durations, enter, leave } = pipeline();
    enter(5000, 0);
    leave(5000 + 70 + INSIDE);
    expect(durations.calls).toEqual([{ fn: 0, total: 70, self: 70 }]);
  });

  it('takes the whole cost of every call inside out of the caller', () => {
    const { durations, enter, leave } = pipeline();
    // The caller works 300 ns before, between and after two calls of 70 ns.
    let clock = 10_000;
    enter(clock, 0);
    clock += INSIDE / 2;
    for (const _ of [1, 2]) {
      clock += 300 + OUTSIDE / 2;
      enter(clock, 1);
      clock += INSIDE + 70;
      leave(clock);
      clock += OUTSIDE / 2;
    }
    clock += 300 + INSIDE / 2;
    leave(clock);
    expect(durations.calls).toEqual([
      { fn: 1, total: 70, self: 70 },
      { fn: 1, total: 70, self: 70 },
      { fn: 0, total: 3 * 300 + 2 * 70, self: 900 },
    ]);
  });

  it('charges a call without a return what an entry costs', () => {
    const { durations, enter, leave } = pipeline();
    enter(10_000, 0);
    const called = 10_000 + INSIDE / 2 + 300;
    enter(called + OUTSIDE / 2, 1);
    // The entry cost 900 ns in all, then 50 ns went by until the caller's return showed that it was gone.
    const gone = called + ENTRY_ONLY + 50 + INSIDE / 2;
    leave(gone, Leave.Unwound);
    leave(gone);
    // Its end is an upper bound: it takes the 50 ns and the trap of the return that showed it.
    const bound = 50 + INSIDE / 2;
    expect(durations.calls).toEqual([
      { fn: 1, total: bound, self: bound },
      { fn: 0, total: 300 + bound, self: 300 },
    ]);
  });

  it('never runs backwards, and self times sum to the roots, whatever the costs', () => {
    let seed = 7;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    const { durations, enter, leave } = pipeline();
    let time = 0;
    let depth = 0;
    let roots = 0;
    for (let i = 0; i < 20_000; i++) {
      time += Math.floor(random() * 2000);
      if (depth === 0 || (depth < 20 && random() < 0.5)) {
        enter(time, Math.floor(random() * 3));
        depth++;
        continue;
      }
      leave(time, random() < 0.1 ? Leave.Unwound : Leave.Returned);
      depth--;
      if (depth === 0) roots += durations.calls.at(-1)!.total;
    }
    for (; depth > 0; depth--) leave(time);
    roots += durations.calls.at(-1)!.total;
    expect(durations.calls.every(({ total, self }) => total >= 0 && self >= 0)).toBe(true);
    expect(durations.calls.reduce((sum, { self }) => sum + self, 0)).toBeCloseTo(roots, 3);
  });
});
