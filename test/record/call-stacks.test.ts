/** Raw hits on hand-made stacks: slots are addresses >> 3, inner frames lie lower. */
import { describe, expect, it } from 'vitest';
import { CallStack } from '../../src/record/call-stacks.js';
import { type EventSink, Leave } from '../../src/trace/model.js';
import type { ThreadId } from '../../src/util/units.js';

const WITHOUT_RETURN = 99;

class Log implements EventSink {
  readonly lines: string[] = [];
  depth = 0;

  enter(_thread: ThreadId, time: number, fn: number): void {
    this.lines.push(`${time} ${'>'.repeat(++this.depth)} ${fn}`);
  }

  leave(_thread: ThreadId, time: number, how: Leave): void {
    this.lines.push(`${time} ${'<'.repeat(this.depth--)} ${Leave[how]}`);
  }

  advance(): void {}
}

function play(...hits: [kind: 'enter' | 'return', time: number, fn: number, slot: number][]) {
  const log = new Log();
  const stack = new CallStack(0 as ThreadId, (fn) => fn !== WITHOUT_RETURN);
  const accepted = hits.map(([kind, ...rest]) =>
    kind === 'enter' ? stack.enter(...rest, log) : stack.return(...rest, log),
  );
  return { lines: log.lines, orphans: accepted.filter((result) => result === false).length, stack };
}

describe('CallStack', () => {
  it('nests calls and closes them by their returns', () => {
    const { lines } = play(
      ['enter', 1, 7, 100],
      ['enter', 2, 8, 90],
      ['return', 3, 8, 90],
      ['return', 4, 7, 100],
    );
    expect(lines).toEqual(['1 > 7', '2 >> 8', '3 << Returned', '4 < Returned']);
  });

  it('keeps a tail call inside its caller: both return from one slot, the callee first', () => {
    const { lines } = play(
      ['enter', 1, 7, 100],
      ['enter', 2, 8, 100],
      ['return', 3, 8, 100],
      ['return', 3, 7, 100],
    );
    expect(lines).toEqual(['1 > 7', '2 >> 8', '3 << Returned', '3 < Returned']);
  });

  it('closes frames that a longjmp left behind at the next hit above them', () => {
    const { lines } = play(
      ['enter', 1, 7, 100],
      ['enter', 2, 8, 90],
      ['enter', 3, 9, 80],
      ['enter', 5, 6, 95],
      ['return', 6, 6, 95],
      ['return', 7, 7, 100],
    );
    expect(lines).toEqual([
      '1 > 7',
      '2 >> 8',
      '3 >>> 9',
      '5 <<< Unwound',
      '5 << Unwound',
      '5 >> 6',
      '6 << Returned',
      '7 < Returned',
    ]);
  });

  it('does not nest the callee of a loop in the one that a longjmp left before', () => {
    const { lines } = play(
      ['enter', 1, 7, 100],
      ['enter', 2, 8, 90],
      ['enter', 4, 8, 90],
      ['return', 5, 8, 90],
      ['return', 6, 7, 100],
    );
    expect(lines).toEqual(['1 > 7', '2 >> 8', '4 << Unwound', '4 >> 8', '5 << Returned', '6 < Returned']);
  });

  it('does not nest what follows a call without a return probe in it', () => {
    const { lines } = play(['enter', 1, WITHOUT_RETURN, 100], ['enter', 2, 7, 100], ['return', 3, 7, 100]);
    expect(lines).toEqual(['1 > 99', '2 < Unwound', '2 > 7', '3 < Returned']);
  });

  it('survives a lost return', () => {
    const { lines } = play(['enter', 1, 7, 100], ['enter', 2, 8, 90], ['return', 4, 7, 100]);
    expect(lines).toEqual(['1 > 7', '2 >> 8', '4 << Unwound', '4 < Returned']);
  });

  it('counts a return whose call was lost and leaves the rest open', () => {
    const { lines, orphans } = play(['enter', 1, 7, 100], ['return', 2, 8, 90], ['return', 3, 7, 100]);
    expect(lines).toEqual(['1 > 7', '3 < Returned']);
    expect(orphans).toBe(1);
  });

  it('compares slots across the wrap of their 32 bits', () => {
    const { lines } = play(
      ['enter', 1, 7, 0x80000002 | 0],
      ['enter', 2, 8, 0x7ffffffe],
      ['return', 3, 8, 0x7ffffffe],
      ['return', 4, 7, 0x80000002 | 0],
    );
    expect(lines).toEqual(['1 > 7', '2 >> 8', '3 << Returned', '4 < Returned']);
  });

  it('never lets time go backwards', () => {
    const { lines } = play(['enter', 5, 7, 100], ['return', 4, 7, 100]);
    expect(lines).toEqual(['5 > 7', '5 < Returned']);
  });

  it('grows with the depth', () => {
    const { stack } = play(
      ...Array.from(
        { length: 10_000 },
        (_, i) => ['enter', i, 1, 1_000_000 - i] as ['enter', number, number, number],
      ),
    );
    expect(stack.depth).toBe(10_000);
  });

  it('balances whatever is lost at random', () => {
    let seed = 42;
    const random = (): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    const log = new Log();
    const stack = new CallStack(0 as ThreadId, (fn) => fn !== WITHOUT_RETURN);
    const truth: { fn: number; slot: number }[] = [];
    for (let time = 0; time < 100_000; time++) {
      const lost = random() < 0.1;
      if (truth.length === 0 || (truth.length < 60 && random() < 0.5)) {
        const call = { fn: Math.floor(random() * 9), slot: 1000 - truth.length * 4 };
        truth.push(call);
        if (!lost) stack.enter(time, call.fn, call.slot, log);
      } else {
        const call = truth.pop()!;
        if (!lost) stack.return(time, call.fn, call.slot, log);
      }
      expect(log.depth).toBe(stack.depth);
      // At one slot no function can be open twice: 60 slots of at most 9 functions.
      expect(stack.depth).toBeLessThanOrEqual(60 * 9);
    }
  });
});
