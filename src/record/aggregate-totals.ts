/**
 * Reads the totals that BPF keeps: sums over the shards, with the calls that are still open counted up to now.
 * The kernel's histograms are 32 bits wide and wrap; what they grew by is added up here at each poll.
 */
import {
  HISTOGRAM_BUCKETS,
  type OpenFrame,
  type SummaryMaps,
  TOTALS_WORDS,
  TotalsWord,
} from '../bpf/summary-maps.js';
import { CallTotals } from '../trace/call-totals.js';
import type { FunctionId } from '../util/units.js';

export class AggregateTotals {
  /** By function: the histogram so far, and the counters of each shard as last seen. */
  readonly #histograms: (Histogram | undefined)[] = [];

  constructor(readonly maps: SummaryMaps) {}

  /** To be called more often than 2^32 calls take. */
  poll(): void {
    for (let fn = 0; fn < this.maps.functions; fn++) if (this.#calls(fn) > 0) this.#pollHistogram(fn);
  }

  /** `now`: CLOCK_MONOTONIC, ns. */
  read(now: bigint): CallTotals {
    const totals = new CallTotals(this.maps.functions);
    for (let fn = 0; fn < this.maps.functions; fn++) {
      if (this.#calls(fn) === 0) continue;
      for (let shard = 0; shard < this.maps.shards; shard++) this.#addShard(totals, fn, shard);
      totals.histogram(fn as FunctionId).set(this.#pollHistogram(fn));
    }
    for (const frames of this.maps.openStacks()) addOpen(totals, frames, now);
    return totals;
  }

  #calls(fn: number): number {
    let calls = 0;
    for (let shard = 0; shard < this.maps.shards; shard++) {
      const at = this.#word(fn, shard) * 2;
      calls += this.maps.totals32[at]! + this.maps.totals32[at + 1]!;
    }
    return calls;
  }

  #addShard(totals: CallTotals, fn: number, shard: number): void {
    const at = this.#word(fn, shard);
    const words = this.maps.totals;
    totals.calls[fn]! += Number(words[at + TotalsWord.Calls]!);
    totals.total[fn]! += Number(words[at + TotalsWord.Total]!);
    totals.self[fn]! += Number(words[at + TotalsWord.Self]!);
    totals.unwound[fn]! += Number(words[at + TotalsWord.Unwound]!);
    totals.open[fn]! += Number(words[at + TotalsWord.Open]!);
    totals.longest[fn] = Math.max(totals.longest[fn]!, Number(words[at + TotalsWord.Longest]!));
    const complement = words[at + TotalsWord.Shortest]!;
    if (complement === 0n) return;
    const shortest = Number(BigInt.asUintN(64, ~complement));
    totals.shortest[fn] = Math.min(totals.shortest[fn]!, shortest);
  }

  #pollHistogram(fn: number): Float64Array {
    this.#histograms[fn] ??= {
      counts: new Float64Array(HISTOGRAM_BUCKETS),
      seen: new Uint32Array(HISTOGRAM_BUCKETS * this.maps.shards),
    };
    const { counts, seen } = this.#histograms[fn];
    for (let shard = 0; shard < this.maps.shards; shard++) {
      const at = (this.#word(fn, shard) + TotalsWord.Histogram) * 2;
      for (let bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        const count = this.maps.totals32[at + bucket]!;
        const index = shard * HISTOGRAM_BUCKETS + bucket;
        counts[bucket]! += (count - seen[index]!) >>> 0;
        seen[index] = count;
      }
    }
    return counts;
  }

  #word(fn: number, shard: number): number {
    return (shard * this.maps.functions + fn) * TOTALS_WORDS;
  }
}

interface Histogram {
  readonly counts: Float64Array;
  readonly seen: Uint32Array;
}

/** A frame that the target changed meanwhile may not fit; where it does not it is left out until the next time. */
function addOpen(totals: CallTotals, frames: readonly OpenFrame[], now: bigint): void {
  let inner = 0;
  for (const frame of frames.toReversed()) {
    const duration = Number(now - frame.start);
    const self = duration - frame.callees - inner;
    if (frame.function >= totals.functions || duration < 0 || self < 0) continue;
    totals.closeOpen(frame.function as FunctionId, duration, self, frame.nested);
    inner = duration;
  }
}
