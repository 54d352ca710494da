/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs that user space attaches, the same for every object; included last. The includer defines
 *
 *   is_traced(pid_tgid)                    whether a hit of this thread counts
 *   enter(ctx, tid, cookie)                a call; returns 1 where its return is not wanted
 *   leave(ctx, tid, cookie, time)          a return; time: CLOCK_MONOTONIC, taken before anything else
 *   is_target(tgid)                        whether tasks of this process are wanted
 *   lose_caller()                          counts a call that is dropped because its caller cannot be read
 *   lose_probe()                           counts a hit of no probe of ours: our own error
 *   on_fork(tid, tgid, creator), on_exec(tid, tgid, old_tid), on_exit(tid, tgid)
 */
#ifndef UTRACE_PROGRAMS_H
#define UTRACE_PROGRAMS_H

#include "caller.h"

/* tracefs engine: cookie of the event | file offset of the probe -> cookie of the probe. Sized by user space before load. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u64);
} utrace_tracefs_cookies SEC(".maps");

/* Where a program finds the cookie of the probe that was hit; false: it is unknown, and counted. */
typedef bool (*cookie_source)(struct pt_regs *ctx, __u64 *cookie);

static __always_inline bool link_cookie(struct pt_regs *ctx, __u64 *cookie)
{
	*cookie = bpf_get_attach_cookie(ctx);
	return true;
}

/*
 * One tracefs event has many probes and one cookie, which tells events apart. Which of its probes was hit stands in
 * what kernel/trace/trace_uprobe.c leaves in utask->vaddr for its fetch functions, at entry and at return (by effect on
 * 6.1, 6.12, 6.18 and 7.3: docs/kernels.md).
 */
static __always_inline bool tracefs_cookie(struct pt_regs *ctx, __u64 *cookie)
{
	struct uprobe_dispatch_data *dispatch = (void *)bpf_get_current_task_btf()->utask->vaddr;
	__u64 key = bpf_get_attach_cookie(ctx) | BPF_CORE_READ(dispatch, tu, offset);
	__u64 *found = bpf_map_lookup_elem(&utrace_tracefs_cookies, &key);

	if (!found) {
		lose_probe();
		return false;
	}
	*cookie = *found;
	return true;
}

static __always_inline int probe_enter(struct pt_regs *ctx, cookie_source cookie_of)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 cookie;

	if (!is_traced(pid_tgid) || !cookie_of(ctx, &cookie))
		return 1;
	if (cookie & UTRACE_COOKIE_LIBRARY && !called_by_executable(ctx))
		return 1;
	return enter(ctx, pid_tgid, cookie);
}

static __always_inline int probe_return(struct pt_regs *ctx, cookie_source cookie_of)
{
	__u64 time = bpf_ktime_get_ns();
	__u64 pid_tgid = bpf_get_current_pid_tgid();
	__u64 cookie;

	if (is_traced(pid_tgid) && cookie_of(ctx, &cookie))
		leave(ctx, pid_tgid, cookie, time);
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
		return probe_return(ctx, link_cookie);
	return probe_enter(ctx, link_cookie);
}

SEC("uprobe")
int utrace_enter(struct pt_regs *ctx)
{
	probe_enter(ctx, link_cookie);
	return 0;
}

SEC("uprobe")
int utrace_return(struct pt_regs *ctx)
{
	return probe_return(ctx, link_cookie);
}

SEC("uprobe")
int utrace_tracefs_enter(struct pt_regs *ctx)
{
	probe_enter(ctx, tracefs_cookie);
	return 0;
}

SEC("uprobe")
int utrace_tracefs_return(struct pt_regs *ctx)
{
	return probe_return(ctx, tracefs_cookie);
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
