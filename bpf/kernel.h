/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few kernel types the programs touch, instead of a generated vmlinux.h. Field offsets are
 * relocated at load from the running kernel's BTF (CO-RE), so only names and types count here.
 */
#ifndef UTRACE_KERNEL_H
#define UTRACE_KERNEL_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

#endif
