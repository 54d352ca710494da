/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes inside libraries stand for the executable's calls: tells those from all others. The includer defines
 * lose_caller(), which counts a call whose caller could not be read.
 */
#ifndef UTRACE_CALLER_H
#define UTRACE_CALLER_H

struct utrace_code utrace_code SEC(".data.code") = {};

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
		lose_caller();
		return false;
	}
	if (in_executable(caller))
		return true;
	task = (void *)bpf_get_current_task();
	outer = BPF_CORE_READ(task, utask, return_instances);
	return outer && BPF_CORE_READ(outer, stack) == slot && in_executable(BPF_CORE_READ(outer, func));
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

#endif
