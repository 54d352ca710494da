/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the summary's programs keep, mapped by user space. src/bpf/summary-maps.ts reads it;
 * test/aggregate/layout.test.ts compares both.
 */
#ifndef UTRACE_SUMMARY_H
#define UTRACE_SUMMARY_H

/*
 * Durations by powers of two: bucket 0 below 64 ns, bucket i from 2^(i+5) ns, the last one open (from 69 s).
 * 32-bit counters wrap; user space reads them more often than they can.
 */
#define UTRACE_BUCKETS 32
#define UTRACE_BUCKET_SHIFT 5

/* One function in one shard; sums over the shards are the function's. Times in ns. */
struct utrace_totals {
	__u64 calls;		/* entries */
	__u64 total;		/* of outermost calls only: a recursive call is part of its outermost one */
	__u64 self;
	__u64 longest;
	__u64 shortest;		/* its complement; 0: no call has ended */
	__u64 unwound;		/* ended without their return being seen: times are upper bounds */
	__u64 open;		/* still open when their thread ended */
	__u32 buckets[UTRACE_BUCKETS];
	__u64 pad;
};

/* An open call. */
struct utrace_frame {
	__u32 function;		/* | UTRACE_FRAME_NESTED | UTRACE_FRAME_NO_RETURN */
	__u32 slot;		/* address of the return-address slot >> 3, as in struct utrace_event */
	__u64 start;		/* CLOCK_MONOTONIC, ns */
	__u64 callees;		/* time of the callees that have ended */
};

/* Another call of the same function is open below: not to be added to its total. */
#define UTRACE_FRAME_NESTED (1u << 31)
/* The function's return is not probed. */
#define UTRACE_FRAME_NO_RETURN (1u << 30)

#define UTRACE_FRAMES 1024
#define UTRACE_OPEN_SLOTS 512

/* The open calls of one thread; tid 0: free, then depth and every count are 0. */
struct utrace_stack {
	__u32 tid;
	__u32 depth;
	__u16 open[UTRACE_OPEN_SLOTS];	/* open calls by function modulo the size: 0 spares the search */
	struct utrace_frame frames[UTRACE_FRAMES];
};

struct utrace_summary_config {
	__u32 tgid;		/* the only process that counts */
	__u32 tid;		/* the only thread that counts; 0: all */
	__u32 functions;
	__u32 shard_mask;	/* shards - 1; a CPU's shard is its number & shard_mask */
	__u32 execs_ahead;	/* execs of the held shell before the target's own image */
	__u32 stack_mask;	/* stacks - 1 */
};

enum utrace_summary_counter {
	UTRACE_ORPHANS = 0,	/* returns whose call is not open */
	UTRACE_NO_STACK = 1,	/* calls that were counted but not timed: too many threads at once */
	UTRACE_TOO_DEEP = 2,	/* calls that were counted but not timed: too deep */
	UTRACE_THREADS = 3,	/* threads begun since the target's exec, or since the attach */
	UTRACE_NO_CALLER = 4,	/* calls of library functions dropped: who called could not be read */
	UTRACE_SUMMARY_COUNTERS = 5,
};

struct utrace_summary_shared {
	__u64 counters[UTRACE_SUMMARY_COUNTERS];
	__u64 started;		/* CLOCK_MONOTONIC of the exec of the target's own image; 0: none was seen */
	__u32 execs;		/* of the target since the load */
	__u32 pad;
};

_Static_assert(sizeof(struct utrace_totals) == 192, "totals layout");
_Static_assert(sizeof(struct utrace_frame) == 24, "frame layout");
_Static_assert(sizeof(struct utrace_stack) == 8 + 2 * UTRACE_OPEN_SLOTS + 24 * UTRACE_FRAMES, "stack layout");
_Static_assert(sizeof(struct utrace_summary_config) == 24, "config layout");
_Static_assert(sizeof(struct utrace_summary_shared) == 56, "shared layout");

#endif
