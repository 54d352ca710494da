/** Sums over hand-made shards, open calls, and 32-bit histograms that wrap. */
import { describe, expect, it } from 'vitest';
import { type OpenFrame, TOTALS_WORDS, TotalsWord } from '../../src/bpf/summary-maps.js';
import { AggregateTotals, type KernelTotals } from '../../src/record/aggregate-totals.js';
import { bucketOf } from '../../src/trace/call-totals.js';
import type { FunctionId } from '../../src/util/units.js';

const fn = 1 as FunctionId;

function kernelTotals(stacks: readonly OpenFrame[][] = []) {
  const [functions, shards] = [3, 2];
  const totals = new BigUint64Array(functions * shards * TOTALS_WORDS);
  const totals32 = new Uint32Array(totals.buffer);
  const maps: KernelTotals = {
    functions,
    shards,
    totals,
    totals32,
    *openStacks() {
      yield* stacks.map((frames) => [...frames]);
    },
  };
  const base = (shard: number): number => (shard * functions + fn) * TOTALS_WORDS;
  return {
    maps,
    add(shard: number, word: TotalsWord, value: bigint): void {
      totals[base(shard) + word]! += value;
    },
    addToBucket(shard: number, bucket: number, count: number): void {
      totals32[(base(shard) + TotalsWord.Histogram) * 2 + bucket]! += count;
    },
  };
}

describe('AggregateTotals', () => {
  it('adds the shards up', () => {
    const { maps, add, addToBucket } = kernelTotals();
    for (const [shard, shortest, longest] of [
      [0, 70n, 500n],
      [1, 90n, 900n],
    ] as const) {
      add(shard, TotalsWord.Calls, 2n);
      add(shard, TotalsWord.Total, 1000n);
      add(shard, TotalsWord.Self, 400n);
      add(shard, TotalsWord.Longest, longest);
      add(shard, TotalsWord.Shortest, BigInt.asUintN(64, ~shortest));
      addToBucket(shard, 1, 2);
    }
    const totals = new AggregateTotals(maps).read(0n);
    const columns = [totals.calls, totals.total, totals.self, totals.shortest, totals.longest];
    expect(columns.map((column) => column[fn])).toEqual([4, 2000, 800, 70, 900]);
    expect(totals.histogram(fn)[1]).toBe(4);
    expect(totals.shortest[0]).toBe(Number.POSITIVE_INFINITY);
  });

  it('counts what is open up to now: an inner call of the same function adds to self alone', () => {
    const outer = { function: fn, nested: false, start: 1000n, callees: 100 };
    const inner = { function: fn, nested: true, start: 6000n, callees: 0 };
    const { maps, add } = kernelTotals([[outer, inner]]);
    add(0, TotalsWord.Calls, 2n);
    const totals = new AggregateTotals(maps).read(10_000n);
    const columns = [totals.total, totals.self, totals.open, totals.shortest, totals.longest];
    expect(columns.map((column) => column[fn])).toEqual([9000, 8900, 2, 4000, 9000]);
    expect(totals.histogram(fn)[bucketOf(9000)]).toBe(1);
  });

  it('leaves out a frame that was changed while it was read', () => {
    const late = { function: fn, nested: false, start: 20_000n, callees: 0 };
    const { maps, add } = kernelTotals([[late]]);
    add(0, TotalsWord.Calls, 1n);
    expect(new AggregateTotals(maps).read(10_000n).open[fn]).toBe(0);
  });

  it('follows a 32-bit counter that wraps between two polls', () => {
    const { maps, add, addToBucket } = kernelTotals();
    const aggregated = new AggregateTotals(maps);
    const step = 0xf000_0000;
    for (let round = 0; round < 3; round++) {
      add(0, TotalsWord.Calls, BigInt(step));
      addToBucket(0, 5, step);
      aggregated.poll();
    }
    const totals = aggregated.read(0n);
    expect(totals.calls[fn]).toBe(3 * step);
    expect(totals.histogram(fn)[5]).toBe(3 * step);
  });
});
