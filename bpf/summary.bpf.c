// SPDX-License-Identifier: GPL-2.0-only
/*
 * Totals of each function in the kernel: no event leaves it. Each thread has a stack of its open calls, balanced by the
 * rules of src/record/call-stacks.ts (a test compares the results). Totals lie in shards, about one a CPU, and are
 * changed by atomic operations: probes are preemptible, so even a CPU of its own would not spare them.
 */
#include "kernel.h"
#include "event.h"
#include "summary.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* How far from its home a thread's stack may lie. */
#define UTRACE_STACK_PROBES 64

char LICENSE[] SEC("license") = "GPL";

const volatile struct utrace_summary_config utrace_config = {};
struct utrace_summary_shared utrace_shared = {};

/* [shard][function]; sized by user space before load. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct utrace_totals);
} utrace_totals SEC(".maps");

/* A hash table by tid, kept by hand: a look-up costs a tenth of that of a hash map. Sized by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct utrace_stack);
} utrace_stacks SEC(".maps");

enum ending {
	RETURNED,
	UNWOUND,
	OPEN,
};

static __always_inline void count(enum utrace_summary_counter counter)
{
	__sync_fetch_and_add(&utrace_shared.counters[counter], 1);
}

static __always_inline void lose_caller(void)
{
	count(UTRACE_NO_CALLER);
}

/* Cannot happen as long as the map is filled before probes stand; seen as a dropped call all the same. */
static __always_inline void lose_probe(void)
{
	count(UTRACE_NO_CALLER);
}

static __always_inline struct utrace_totals *totals_of(__u32 function)
{
	__u32 shard = bpf_get_smp_processor_id() & utrace_config.shard_mask;
	__u32 index = shard * utrace_config.functions + function;

	return bpf_map_lookup_elem(&utrace_totals, &index);
}

static __always_inline __u32 bucket_of(__u64 duration)
{
	__u64 rest = duration >> UTRACE_BUCKET_SHIFT;
	__u32 bits = 0;

	if (rest >> 31)
		return UTRACE_BUCKETS - 1;
	if (rest >> 16) {
		bits += 16;
		rest >>= 16;
	}
	if (rest >> 8) {
		bits += 8;
		rest >>= 8;
	}
	if (rest >> 4) {
		bits += 4;
		rest >>= 4;
	}
	if (rest >> 2) {
		bits += 2;
		rest >>= 2;
	}
	return (bits + (rest >> 1)) & (UTRACE_BUCKETS - 1);
}

/* Others may raise it at the same time: four rounds are more than are ever needed. */
static __always_inline void raise(__u64 *field, __u64 value)
{
	for (int i = 0; i < 4; i++) {
		__u64 old = *(volatile __u64 *)field;

		if (value <= old || __sync_val_compare_and_swap(field, old, value) == old)
			return;
	}
}

static __always_inline void close_innermost(struct utrace_stack *stack, __u64 time, enum ending ending)
{
	__u32 top = stack->depth - 1;
	struct utrace_totals *totals;
	struct utrace_frame *frame;
	__u64 duration;
	__u32 function;

	if (top >= UTRACE_FRAMES)
		return;
	frame = &stack->frames[top];
	duration = time - frame->start;
	function = frame->function & UTRACE_PROBE_ID_MASK;
	totals = totals_of(function);
	if (totals) {
		if (!(frame->function & UTRACE_FRAME_NESTED))
			__sync_fetch_and_add(&totals->total, duration);
		__sync_fetch_and_add(&totals->self, duration - frame->callees);
		raise(&totals->longest, duration);
		raise(&totals->shortest, ~duration);
		__sync_fetch_and_add(&totals->buckets[bucket_of(duration)], 1);
		if (ending == UNWOUND)
			__sync_fetch_and_add(&totals->unwound, 1);
		else if (ending == OPEN)
			__sync_fetch_and_add(&totals->open, 1);
	}
	stack->open[function & (UTRACE_OPEN_SLOTS - 1)]--;
	stack->depth = top;
	if (top > 0)
		stack->frames[(top - 1) & (UTRACE_FRAMES - 1)].callees += duration;
}

/* How far to close: frames below `slot`, or all above `depth`. */
struct walk {
	struct utrace_stack *stack;
	__u64 time;
	__u32 slot;
	__u32 function;
	__u32 depth;
	enum ending ending;
};

static long close_one_below(__u32 step, struct walk *walk)
{
	struct utrace_stack *stack = walk->stack;
	__u32 top = stack->depth - 1;

	if (top >= UTRACE_FRAMES || (__s32)(stack->frames[top].slot - walk->slot) >= 0)
		return 1;
	close_innermost(stack, walk->time, UNWOUND);
	return 0;
}

static long close_one_above(__u32 step, struct walk *walk)
{
	if (walk->stack->depth <= walk->depth)
		return 1;
	close_innermost(walk->stack, walk->time, walk->ending);
	return 0;
}

/* Of a function whose return is not probed nobody tells the end: an entry at its slot is no tail call of its. */
static long close_one_over(__u32 step, struct walk *walk)
{
	struct utrace_stack *stack = walk->stack;
	__u32 top = stack->depth - 1;

	if (top >= UTRACE_FRAMES || stack->frames[top].slot != walk->slot ||
	    !(stack->frames[top].function & UTRACE_FRAME_NO_RETURN))
		return 1;
	close_innermost(stack, walk->time, UNWOUND);
	return 0;
}

/* Stops at the innermost open call of the function at this slot; `depth` is then its depth. */
static long find_at_slot(__u32 step, struct walk *walk)
{
	__u32 top = walk->depth - 1;
	struct utrace_frame *frame;

	if (top >= UTRACE_FRAMES)
		return 1;
	frame = &walk->stack->frames[top];
	if (frame->slot != walk->slot) {
		walk->depth = 0;
		return 1;
	}
	if ((frame->function & UTRACE_PROBE_ID_MASK) == walk->function)
		return 1;
	walk->depth = top;
	return 0;
}

/* Stops at the innermost open call of the function; `depth` is then its depth, or 0. */
static long find_function(__u32 step, struct walk *walk)
{
	__u32 top = walk->depth - 1;

	if (top >= UTRACE_FRAMES)
		return 1;
	if ((walk->stack->frames[top].function & UTRACE_PROBE_ID_MASK) == walk->function)
		return 1;
	walk->depth = top;
	return 0;
}

static __noinline void close_all(struct utrace_stack *stack, __u64 time)
{
	struct walk walk = { .stack = stack, .time = time, .depth = 0, .ending = OPEN };

	bpf_loop(UTRACE_FRAMES, close_one_above, &walk, 0);
}

/* Before an entry or return at `slot`: what lies below it is gone. Depth of the function's call at this slot, or 0. */
static __always_inline __u32 settle(struct walk *walk)
{
	bpf_loop(UTRACE_FRAMES, close_one_below, walk, 0);
	walk->depth = walk->stack->depth;
	bpf_loop(UTRACE_FRAMES, find_at_slot, walk, 0);
	return walk->depth;
}

/* An open call of the same function at the same slot is gone (longjmp out of a loop's callee), and all inside it. */
static __noinline void settle_enter(struct utrace_stack *stack, __u32 function, __u32 slot)
{
	struct walk walk = { .stack = stack, .time = bpf_ktime_get_ns(), .slot = slot, .function = function,
			     .ending = UNWOUND };

	if (settle(&walk) != 0) {
		walk.depth--;
		bpf_loop(UTRACE_FRAMES, close_one_above, &walk, 0);
	}
	bpf_loop(UTRACE_FRAMES, close_one_over, &walk, 0);
}

static __noinline void settle_return(struct utrace_stack *stack, __u32 function, __u32 slot, __u64 time)
{
	struct walk walk = { .stack = stack, .time = time, .slot = slot, .function = function, .ending = UNWOUND };

	if (settle(&walk) == 0) {
		count(UTRACE_ORPHANS);
		return;
	}
	bpf_loop(UTRACE_FRAMES, close_one_above, &walk, 0);
	close_innermost(stack, time, RETURNED);
}

static __noinline bool is_open(struct utrace_stack *stack, __u32 function)
{
	struct walk walk = { .stack = stack, .function = function, .depth = stack->depth };

	bpf_loop(UTRACE_FRAMES, find_function, &walk, 0);
	return walk.depth != 0;
}

static __always_inline struct utrace_stack *stack_at(__u32 index)
{
	index &= utrace_config.stack_mask;
	return bpf_map_lookup_elem(&utrace_stacks, &index);
}

static __noinline struct utrace_stack *find_displaced(__u32 tid)
{
	for (__u32 i = 1; i < UTRACE_STACK_PROBES; i++) {
		struct utrace_stack *stack = stack_at(tid + i);

		if (stack && stack->tid == tid)
			return stack;
	}
	return NULL;
}

static __always_inline struct utrace_stack *find_stack(__u32 tid)
{
	struct utrace_stack *stack = stack_at(tid);

	if (stack && stack->tid == tid)
		return stack;
	return find_displaced(tid);
}

/* Only the thread itself asks for its stack, so it cannot get two. */
static __noinline struct utrace_stack *claim_stack(__u32 tid)
{
	for (__u32 i = 0; i < UTRACE_STACK_PROBES; i++) {
		struct utrace_stack *stack = stack_at(tid + i);

		if (stack && stack->tid == 0 && __sync_val_compare_and_swap(&stack->tid, 0, tid) == 0)
			return stack;
	}
	return NULL;
}

static __always_inline void release_stack(__u32 tid)
{
	struct utrace_stack *stack = find_stack(tid);

	if (!stack)
		return;
	close_all(stack, bpf_ktime_get_ns());
	stack->tid = 0;
}

static __always_inline bool is_target(__u32 tgid)
{
	return tgid == utrace_config.tgid;
}

static __always_inline bool is_running(void)
{
	return utrace_shared.execs >= utrace_config.execs_ahead;
}

static __always_inline bool is_traced(__u64 pid_tgid)
{
	return is_target(pid_tgid >> 32) && is_running() &&
	       (!utrace_config.tid || utrace_config.tid == (__u32)pid_tgid);
}

static __always_inline int enter(struct pt_regs *ctx, __u32 tid, __u64 cookie)
{
	__u32 function = cookie & UTRACE_PROBE_ID_MASK;
	struct utrace_totals *totals = totals_of(function);
	__u32 slot = PT_REGS_SP(ctx) >> 3;
	struct utrace_stack *stack;
	struct utrace_frame *frame;
	__u16 *open;
	__u32 depth;

	if (!totals)
		return 1;
	__sync_fetch_and_add(&totals->calls, 1);
	stack = find_stack(tid);
	if (!stack)
		stack = claim_stack(tid);
	if (!stack) {
		count(UTRACE_NO_STACK);
		return 1;
	}
	depth = stack->depth;
	if (depth > 0 && (__s32)(stack->frames[(depth - 1) & (UTRACE_FRAMES - 1)].slot - slot) <= 0) {
		settle_enter(stack, function, slot);
		depth = stack->depth;
	}
	if (depth >= UTRACE_FRAMES) {
		count(UTRACE_TOO_DEEP);
		return 1;
	}
	frame = &stack->frames[depth];
	open = &stack->open[function & (UTRACE_OPEN_SLOTS - 1)];
	frame->function = function;
	if (cookie & UTRACE_COOKIE_NO_RETURN)
		frame->function |= UTRACE_FRAME_NO_RETURN;
	if (*open && is_open(stack, function))
		frame->function |= UTRACE_FRAME_NESTED;
	frame->slot = slot;
	frame->callees = 0;
	*open += 1;
	stack->depth = depth + 1;
	/* The callee's time starts after our own work. */
	frame->start = bpf_ktime_get_ns();
	return !!(cookie & UTRACE_COOKIE_NO_RETURN);
}

/* The return address is popped already: its slot lies one word below the stack pointer. */
static __always_inline void leave(struct pt_regs *ctx, __u32 tid, __u64 cookie, __u64 time)
{
	__u32 function = cookie & UTRACE_PROBE_ID_MASK;
	__u32 slot = (PT_REGS_SP(ctx) - 8) >> 3;
	struct utrace_stack *stack = find_stack(tid);
	struct utrace_frame *frame;
	__u32 top;

	if (!stack) {
		count(UTRACE_ORPHANS);
		return;
	}
	top = stack->depth - 1;
	if (top < UTRACE_FRAMES) {
		frame = &stack->frames[top];
		if (frame->slot == slot && (frame->function & UTRACE_PROBE_ID_MASK) == function) {
			close_innermost(stack, time, RETURNED);
			return;
		}
	}
	settle_return(stack, function, slot, time);
}

/* A forked process is none of our threads. */
static __always_inline void on_fork(__u32 tid, __u32 tgid, __u32 creator)
{
	if (tgid == creator && is_running())
		count(UTRACE_THREADS);
}

/* The one thread that is left has the process's id now, and none of its frames. */
static __always_inline void on_exec(__u32 tid, __u32 tgid, __u32 old_tid)
{
	release_stack(old_tid);
	__sync_fetch_and_add(&utrace_shared.execs, 1);
	if (!is_running())
		return;
	count(UTRACE_THREADS);
	if (!utrace_shared.started)
		utrace_shared.started = bpf_ktime_get_ns();
}

static __always_inline void on_exit(__u32 tid, __u32 tgid)
{
	release_stack(tid);
}

#include "programs.h"
