// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entry and return probes -> one 16-byte ring record each; fork, exec and exit of the traced
 * process -> task records in the same ring, so that they stand in order with its events.
 * Nothing here wakes user space: it polls (a wakeup per record costs three times the record).
 */
#include "kernel.h"
#include "event.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define SIGSTOP 19

char LICENSE[] SEC("license") = "GPL";

const volatile struct utrace_config utrace_config = {};
struct utrace_shared utrace_shared = {};

/* Sized by user space before load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} utrace_ring SEC(".maps");

static __always_inline void lose(enum utrace_counter counter)
{
	__sync_fetch_and_add(&utrace_shared.counters[counter], 1);
}

static __always_inline void lose_caller(void)
{
	lose(UTRACE_LOST_CALLER);
}

static __always_inline void lose_probe(void)
{
	lose(UTRACE_LOST_PROBE);
}

/*
 * A reader that is behind must not cost events: the whole process stops (the threads within microseconds, for
 * which the ring keeps room) until user space has drained. SENT comes after the signal, so that no SIGCONT overtakes it.
 */
static __always_inline void stop_target(void)
{
	if (__sync_val_compare_and_swap(&utrace_shared.stop_state, UTRACE_STOP_NONE, UTRACE_STOP_CLAIMED) !=
	    UTRACE_STOP_NONE)
		return;
	if (bpf_send_signal(SIGSTOP))
		utrace_shared.stop_state = UTRACE_STOP_NONE;
	else
		utrace_shared.stop_state = UTRACE_STOP_SENT;
}

static __always_inline void emit(__u32 id, __u32 tid, __u64 slot, __u64 time, bool is_return)
{
	struct utrace_event *event;

	event = bpf_ringbuf_reserve(&utrace_ring, sizeof(*event), 0);
	if (!event) {
		lose(is_return ? UTRACE_LOST_RETURN : UTRACE_LOST_ENTER);
		return;
	}
	event->word[2] = (id & UTRACE_PROBE_ID_MASK) | (is_return ? UTRACE_EVENT_RETURN : 0) | (tid >> 16) << 26;
	event->word[3] = slot >> 3;
	/* The callee's time starts after our own work and ends before it. */
	if (!is_return)
		time = bpf_ktime_get_ns() - utrace_config.start_time;
	event->word[0] = time;
	event->word[1] = ((time >> 32) & 0xffff) | tid << 16;
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	/* One event in 16, at random, asks how full the ring is: the room kept is thousands of records. */
	if (utrace_config.stop_above && !(time & 15) &&
	    bpf_ringbuf_query(&utrace_ring, BPF_RB_AVAIL_DATA) > utrace_config.stop_above)
		stop_target();
}

static __always_inline bool is_target(__u32 tgid)
{
	return tgid == utrace_config.tgid;
}

static __always_inline bool is_traced(__u64 pid_tgid)
{
	return is_target(pid_tgid >> 32);
}

static __always_inline int enter(struct pt_regs *ctx, __u32 tid, __u64 cookie)
{
	emit(cookie, tid, PT_REGS_SP(ctx), 0, false);
	return !!(cookie & UTRACE_COOKIE_NO_RETURN);
}

/* The return address is popped already: its slot lies one word below the stack pointer. */
static __always_inline void leave(struct pt_regs *ctx, __u32 tid, __u64 cookie, __u64 time)
{
	emit(cookie, tid, PT_REGS_SP(ctx) - 8, time - utrace_config.start_time, true);
}

static __always_inline void emit_task(enum utrace_task_kind kind, __u32 tid, __u32 tgid, __u32 other)
{
	struct utrace_task_record *record;

	record = bpf_ringbuf_reserve(&utrace_ring, sizeof(*record), 0);
	if (!record) {
		lose(UTRACE_LOST_TASK);
		return;
	}
	record->time = bpf_ktime_get_ns() - utrace_config.start_time;
	record->kind = kind;
	record->tid = tid;
	record->tgid = tgid;
	record->other = other;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

static __always_inline void on_fork(__u32 tid, __u32 tgid, __u32 creator)
{
	emit_task(UTRACE_TASK_FORK, tid, tgid, creator);
}

static __always_inline void on_exec(__u32 tid, __u32 tgid, __u32 old_tid)
{
	emit_task(UTRACE_TASK_EXEC, tid, tgid, old_tid);
}

static __always_inline void on_exit(__u32 tid, __u32 tgid)
{
	emit_task(UTRACE_TASK_EXIT, tid, tgid, 0);
}

#include "programs.h"
