/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that user space attaches, the same for every object; included last. The includer defines
 *
 *   is_traced(pid_tgid)                    whether a hit of this thread counts
 *   enter(ctx, tid, cookie)                a call; returns 1 where its return is not wanted
 *   leave(ctx, tid, cookie, time)          a return; time: CLOCK_MONOTONIC, taken before anything else
 *   is_target(tgid)                        whether tasks of this process are wanted
 *   lose_caller()                          counts a call that is dropped because its caller cannot be read
 *   on_fork(tid, tgid, creator), on_exec(tid, tgid, old_tid), on_exit(tid, tgid)
 */
#ifndef UTRACE_PROGRAMS_H
#define UTRACE_PROGRAMS_H

#include "caller.h"

static __always_inline int probe_enter(struct pt_regs *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 cookie;

	if (!is_traced(pid_tgid))
		return 1;
	cookie = bpf_get_attach_cookie(ctx);
	if (cookie & UTRACE_COOKIE_LIBRARY && !called_by_executable(ctx))
		return 1;
	return enter(ctx, pid_tgid, cookie);
}

static __always_inline int probe_return(struct pt_regs *ctx)
{
	__u64 time = bpf_ktime_get_ns();
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (is_traced(pid_tgid))
		leave(ctx, pid_tgid, bpf_get_attach_cookie(ctx), time);
	return 0;
}

/*
 * Session links (6.13+) run one program at both ends, and arm no return probe where it returns 1 at the entry. At the
 * return, ip is the return address while bpf_get_func_ip() still is the probed address; this spares the kfunc, whose
 * prototype changed in 7.2.
 */
SEC("uprobe")
int utrace_session(struct pt_regs *ctx)
{
	if (bpf_get_func_ip(ctx) != PT_REGS_IP(ctx))
		return probe_return(ctx);
	return probe_enter(ctx);
}

SEC("uprobe")
int utrace_enter(struct pt_regs *ctx)
{
	probe_enter(ctx);
	return 0;
}

SEC("uprobe")
int utrace_return(struct pt_regs *ctx)
{
	return probe_return(ctx);
}

/* Arguments as TP_PROTO(parent, child) in include/trace/events/sched.h. */
SEC("raw_tracepoint/sched_process_fork")
int utrace_fork(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct task_struct *child = (void *)ctx->args[1];

	if (is_target(tgid))
		on_fork(BPF_CORE_READ(child, pid), BPF_CORE_READ(child, tgid), tgid);
	return 0;
}

/* TP_PROTO(task, old_pid, bprm) */
SEC("raw_tracepoint/sched_process_exec")
int utrace_exec(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!is_target(pid_tgid >> 32))
		return 0;
	find_code();
	on_exec(pid_tgid, pid_tgid >> 32, ctx->args[1]);
	return 0;
}

SEC("raw_tracepoint/sched_process_exit")
int utrace_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	if (is_target(pid_tgid >> 32))
		on_exit(pid_tgid, pid_tgid >> 32);
	return 0;
}

#endif
