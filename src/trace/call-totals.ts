/**
 * Sums over the calls of each function, columns by function id: what aggregation in the kernel comes to, and what a
 * summary shows. Total times count a recursive call as part of its outermost one.
 */
import type { FunctionId } from '../util/units.js';

/** Durations by powers of two: bucket 0 below 64 ns, bucket i from 2^(i+5) ns, the last one open (from 69 s). */
export const BUCKETS = 32;
const BUCKET_SHIFT = 5;

export class CallTotals {
  readonly calls: Float64Array;
  /** ns, as all times here. */
  readonly total: Float64Array;
  readonly self: Float64Array;
  /** Infinity: no call has ended. */
  readonly shortest: Float64Array;
  readonly longest: Float64Array;
  /** Calls of which no return was seen: their times are upper bounds. */
  readonly unwound: Float64Array;
  /** Calls that were still open at the end. */
  readonly open: Float64Array;
  /** Of functions that are open. */
  readonly #histograms = new Map<FunctionId, Float64Array>();

  /** `readHistogram`: of the calls that have ended; a new array each time. */
  constructor(
    readonly functions: number,
    private readonly readHistogram: (fn: FunctionId) => Float64Array,
  ) {
    this.calls = new Float64Array(functions);
    this.total = new Float64Array(functions);
    this.self = new Float64Array(functions);
    this.shortest = new Float64Array(functions).fill(Number.POSITIVE_INFINITY);
    this.longest = new Float64Array(functions);
    this.unwound = new Float64Array(functions);
    this.open = new Float64Array(functions);
  }

  /** Calls by duration; the sum over all buckets is the number of calls that were timed. */
  histogram(fn: FunctionId): Float64Array {
    return this.#histograms.get(fn) ?? this.readHistogram(fn);
  }

  /** A call that is open when the summary is made. `nested`: inside another call of the same function. */
  closeOpen(fn: FunctionId, duration: number, self: number, nested: boolean): void {
    if (!nested) this.total[fn]! += duration;
    this.self[fn]! += self;
    this.open[fn]!++;
    this.shortest[fn] = Math.min(this.shortest[fn]!, duration);
    this.longest[fn] = Math.max(this.longest[fn]!, duration);
    const histogram = this.histogram(fn);
    histogram[bucketOf(duration)]!++;
    this.#histograms.set(fn, histogram);
  }
}

export function bucketOf(duration: number): number {
  const bits = Math.floor(Math.log2(Math.max(1, duration)));
  return Math.min(Math.max(bits - BUCKET_SHIFT, 0), BUCKETS - 1);
}

/** The shortest duration of a bucket, ns. */
export function bucketStart(bucket: number): number {
  return bucket === 0 ? 0 : 2 ** (bucket + BUCKET_SHIFT);
}
