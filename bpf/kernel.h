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

struct inode;

struct file {
	struct inode *f_inode;
} __attribute__((preserve_access_index));

struct mm_struct {
	unsigned long start_code;
	unsigned long end_code;
	struct file *exe_file;
} __attribute__((preserve_access_index));

/* One armed return probe: the probed address, and the stack pointer at its call. */
struct return_instance {
	unsigned long func;
	unsigned long stack;
} __attribute__((preserve_access_index));

struct uprobe_task {
	struct return_instance *return_instances;
	unsigned long vaddr;
} __attribute__((preserve_access_index));

struct task_struct {
	int pid;
	int tgid;
	struct mm_struct *mm;
	struct uprobe_task *utask;
} __attribute__((preserve_access_index));

/* Both private to kernel/trace/trace_uprobe.c, yet in its BTF. */
struct trace_uprobe {
	unsigned long offset;	/* in the file */
} __attribute__((preserve_access_index));

struct uprobe_dispatch_data {
	struct trace_uprobe *tu;
} __attribute__((preserve_access_index));

#endif
