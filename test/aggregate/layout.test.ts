/** bpf/summary.h and its TypeScript readers agree: a compiled C program tells sizes and offsets. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import {
  FRAME_BYTES,
  FRAME_NESTED,
  FRAMES,
  HISTOGRAM_BUCKETS,
  SharedWord,
  STACK_BYTES,
  STACK_HEADER_BYTES,
  TOTALS_WORDS,
  TotalsWord,
} from '../../src/bpf/summary-maps.js';
import { shardCount } from '../../src/bpf/summary-object.js';
import { BUCKETS, bucketOf, bucketStart } from '../../src/trace/call-totals.js';

const PROGRAM = `
#include <linux/types.h>
#include <stddef.h>
#include <stdio.h>
#include "summary.h"
#define WORD(type, field) (offsetof(struct type, field) / 8)
int main(void)
{
	printf("%zu %zu %zu %zu %zu %zu %zu %zu %zu ", sizeof(struct utrace_totals) / 8, WORD(utrace_totals, calls),
		WORD(utrace_totals, total), WORD(utrace_totals, self), WORD(utrace_totals, longest),
		WORD(utrace_totals, shortest), WORD(utrace_totals, unwound), WORD(utrace_totals, open),
		WORD(utrace_totals, buckets));
	printf("%d %d %d %d %zu %zu ", UTRACE_ORPHANS, UTRACE_NO_STACK, UTRACE_TOO_DEEP, UTRACE_THREADS,
		WORD(utrace_summary_shared, started), WORD(utrace_summary_shared, execs));
	printf("%zu %zu %zu %d %d %u %zu %zu", sizeof(struct utrace_stack), offsetof(struct utrace_stack, frames),
		sizeof(struct utrace_frame), UTRACE_FRAMES, UTRACE_BUCKETS, UTRACE_FRAME_NESTED,
		offsetof(struct utrace_frame, start), offsetof(struct utrace_frame, callees));
}
`;

it('has the sizes and offsets of the C header', () => {
  const directory = mkdtempSync(join(tmpdir(), 'utrace-layout-'));
  writeFileSync(join(directory, 'layout.c'), PROGRAM);
  const program = join(directory, 'layout');
  execFileSync('gcc', ['-Wall', '-I', resolve('bpf'), '-o', program, `${program}.c`]);
  const numbers = execFileSync(program, { encoding: 'utf8' }).split(' ').map(Number);
  rmSync(directory, { recursive: true });
  const { Calls, Total, Self, Longest, Shortest, Unwound, Open, Histogram } = TotalsWord;
  const { Orphans, NoStack, TooDeep, Threads, Started, Execs } = SharedWord;
  expect(numbers).toEqual(
    [
      [TOTALS_WORDS, Calls, Total, Self, Longest, Shortest, Unwound, Open, Histogram],
      [Orphans, NoStack, TooDeep, Threads, Started, Execs],
      [STACK_BYTES, STACK_HEADER_BYTES, FRAME_BYTES, FRAMES, HISTOGRAM_BUCKETS, FRAME_NESTED, 8, 16],
    ].flat(),
  );
  expect(BUCKETS).toBe(HISTOGRAM_BUCKETS);
});

it('gives every CPU a shard, and fewer where 200,000 functions would take too much memory', () => {
  expect([shardCount(1000, 2), shardCount(1000, 6), shardCount(200_000, 64)]).toEqual([2, 8, 2]);
});

it('puts each duration between the start of its bucket and the next', () => {
  for (const duration of [0, 1, 63, 64, 127, 128, 1e6, 2 ** 36 - 1, 2 ** 36, 1e15]) {
    const bucket = bucketOf(duration);
    expect(duration).toBeGreaterThanOrEqual(bucketStart(bucket));
    if (bucket < BUCKETS - 1) expect(duration).toBeLessThan(bucketStart(bucket + 1));
  }
});
