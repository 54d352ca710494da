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
struct utrace_code utrace_code SEC(".data.code") = {};

/* Sized by user space before load. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} utrace_ring SEC(".maps");

static __always_inline void lose(enum utrace_counter counter)
{
	__sync_fetch_and_add(&utrace_shared.counters[counter], 1);
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

static __always_inline bool in_executable(__u64 address)
{
	return address >= utrace_code.start && address < utrace_code.end;
}

/*
 * At a function of a library: did the executable call it? Its return address says so, or, where one of the executable's
 * own functions ended in a jump to it, the return probe armed on that function's call, whose slot this still is.
 */
static __always_inline bool called_by_executable(struct pt_regs *ctx)
{
	__u64 slot = PT_REGS_SP(ctx);
	struct return_instance *outer;
	struct task_struct *task;
	__u64 caller;

	if (bpf_probe_read_user(&caller, sizeof(caller), (void *)slot)) {
		lose(UTRACE_LOST_CALLER);
		return false;
	}
	if (in_executable(caller))
		return true;
	task = (void *)bpf_get_current_task();
	outer = BPF_CORE_READ(task, utask, return_instances);
	return outer && BPF_CORE_READ(outer, stack) == slot && in_executable(BPF_CORE_READ(outer, func));
}

/* Returns 1 where the return is not wanted: a session link then arms no return probe. */
static __always_inline int on_enter(struct pt_regs *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 cookie;

	if (pid_tgid >> 32 != utrace_config.tgid)
		return 1;
	cookie = bpf_get_attach_cookie(ctx);
	if (cookie & UTRACE_COOKIE_LIBRARY && !called_by_executable(ctx))
		return 1;
	emit(cookie, pid_tgid, PT_REGS_SP(ctx), 0, false);
	return !!(cookie & UTRACE_COOKIE_NO_RETURN);
}

/* The return address is popped already: its slot lies one word below the stack pointer. */
static __always_inline int on_return(struct pt_regs *ctx)
{
	__u64 time = bpf_ktime_get_ns() - utrace_config.start_time;
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (pid_tgid >> 32 != utrace_config.tgid)
		return 0;
	emit(bpf_get_attach_cookie(ctx), pid_tgid, PT_REGS_SP(ctx) - 8, time, true);
	return 0;
}

/*
 * Session links (6.13+) run one program at both ends. At the return, ip is the return address while
 * bpf_get_func_ip() still is the probed address; this spares the kfunc, whose prototype changed in 7.2.
 */
SEC("uprobe")
int utrace_session(struct pt_regs *ctx)
{
	if (bpf_get_func_ip(ctx) != PT_REGS_IP(ctx))
		return on_return(ctx);
	return on_enter(ctx);
}

SEC("uprobe")
int utrace_enter(struct pt_regs *ctx)
{
	on_enter(ctx);
	return 0;
}

SEC("uprobe")
int utrace_return(struct pt_regs *ctx)
{
	return on_return(ctx);
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

/* Arguments as TP_PROTO(parent, child) in include/trace/events/sched.h. */
SEC("raw_tracepoint/sched_process_fork")
int utrace_fork(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct task_struct *child = (void *)ctx->args[1];

	if (tgid == utrace_config.tgid)
		emit_task(UTRACE_TASK_FORK, BPF_CORE_READ(child, pid), BPF_CORE_READ(child, tgid), tgid);
	return 0;
}

/* Which addresses are the executable's code, from its first exec on; no other program's, should it exec one. */
static __always_inline void find_code(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct utrace_code *code = &utrace_code;
	__u64 file = (__u64)BPF_CORE_READ(task, mm, exe_file, f_inode);

	if (code->execs_ahead > 1) {
		code->execs_ahead--;
		return;
	}
	if (code->execs_ahead == 1) {
		code->execs_ahead = 0;
		code->file = file;
	}
	code->start = file == code->file ? BPF_CORE_READ(task, mm, start_code) : 0;
	code->end = file == code->file ? BPF_CORE_READ(task, mm, end_code) : 0;
}

/* TP_PROTO(task, old_pid, bprm) */
SEC("raw_tracepoint/sched_process_exec")
int utrace_exec(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (pid_tgid >> 32 != utrace_config.tgid)
		return 0;
	find_code();
	emit_task(UTRACE_TASK_EXEC, pid_tgid, pid_tgid >> 32, ctx->args[1]);
	return 0;
}

SEC("raw_tracepoint/sched_process_exit")
int utrace_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (pid_tgid >> 32 == utrace_config.tgid)
		emit_task(UTRACE_TASK_EXIT, pid_tgid, pid_tgid >> 32, 0);
	return 0;
}
