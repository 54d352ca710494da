/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The records that the BPF programs write into the ring buffer. src/record/event.ts decodes them;
 * test/record/event-layout.test.ts compares both. A record is told apart by its length in the ring's header.
 */
#ifndef UTRACE_EVENT_H
#define UTRACE_EVENT_H

/*
 * One call or return, 16 bytes. Bit fields are written by hand: their order is the format.
 *
 *   word 0  time, bits 0-31      ns since config.start_time
 *   word 1  time, bits 32-47     | tid, bits 0-15  << 16
 *   word 2  probe id (24 bits)   | is_return << 24 | tid, bits 16-21 << 26
 *   word 3  address of the return-address slot >> 3, bits 0-31
 *
 * 48 bits of ns last 3.2 days. 22 bits hold every tid (PID_MAX_LIMIT is 4 Mi on 64-bit kernels).
 * The slot address is the frame's identity: the same at entry and return, lower in inner frames.
 */
struct utrace_event {
	__u32 word[4];
};

#define UTRACE_EVENT_RETURN (1u << 24)
#define UTRACE_PROBE_ID_MASK 0xffffffu

enum utrace_task_kind {
	UTRACE_TASK_FORK = 1,	/* tid, tgid: the new task; other: tgid of its creator */
	UTRACE_TASK_EXEC = 2,	/* other: tid before the exec, which differs when a second thread called it */
	UTRACE_TASK_EXIT = 3,	/* comm: the thread's last name */
};

/* A task's birth, exec or end, in order with the events of that task. */
struct utrace_task_record {
	__u64 time;		/* ns since config.start_time */
	__u32 kind;
	__u32 tid;
	__u32 tgid;
	__u32 other;
	char comm[16];
};

/* Everything user space sets before load; lives in .rodata. */
struct utrace_config {
	__u64 start_time;	/* CLOCK_MONOTONIC, ns */
	__u32 tgid;		/* the only process whose events are wanted */
	__u32 stop_above;	/* bytes waiting in the ring above which the target is stopped; 0: never */
};

/* Named loss counters, index into utrace_shared.counters. */
enum utrace_counter {
	UTRACE_LOST_ENTER = 0,	/* ring full at a call */
	UTRACE_LOST_RETURN = 1,	/* ring full at a return */
	UTRACE_LOST_TASK = 2,	/* ring full at a fork, exec or exit */
	UTRACE_LOST_CALLER = 3,	/* who called a library function could not be read */
	UTRACE_LOST_PROBE = 4,	/* tracefs engine: a hit of no probe of ours, which would be our own error */
	UTRACE_COUNTERS = 5,
};

/* Back-pressure: who stops the target claims the state, sends SIGSTOP, and only then says so. */
enum utrace_stop_state {
	UTRACE_STOP_NONE = 0,
	UTRACE_STOP_CLAIMED = 1,
	UTRACE_STOP_SENT = 2,	/* user space drains the ring, sets NONE, sends SIGCONT: in this order */
};

/* Shared with user space, which maps it; lives in .bss. */
struct utrace_shared {
	__u64 counters[UTRACE_COUNTERS];
	__u32 stop_state;
	__u32 pad;
};

/* The executable's code in the traced process, told by user space (attach) or found at exec; lives in .data.code. */
struct utrace_code {
	__u64 start;		/* start >= end: no call comes from there */
	__u64 end;
	__u64 file;		/* the executable's inode in the kernel; 0: not known */
	__u32 execs_ahead;	/* execs up to the one that starts the target */
	__u32 pad;
};

/*
 * A probe's cookie: the probe id, whether its return is wanted, and whether it stands in a library for the calls that
 * the executable makes: others are dropped.
 */
#define UTRACE_COOKIE_NO_RETURN (1ull << 32)
#define UTRACE_COOKIE_LIBRARY (1ull << 33)

_Static_assert(sizeof(struct utrace_event) == 16, "event layout");
_Static_assert(sizeof(struct utrace_task_record) == 40, "task record layout");
_Static_assert(sizeof(struct utrace_config) == 16, "config layout");
_Static_assert(sizeof(struct utrace_shared) == 48, "shared layout");
_Static_assert(sizeof(struct utrace_code) == 32, "code layout");

#endif
