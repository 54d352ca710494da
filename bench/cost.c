/*
 * cost KIND CALLS FILE: calls one empty function CALLS times and writes to FILE the CPU time of the process in
 * that loop, ns. KIND names the function's first instruction, which decides what a probe on it costs:
 * `push`, `endbr64`, `sub` (sub rsp), or `library` (labs() of libc, through the PLT).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef COMPILED
/* For tracers that patch what the compiler prepared (-pg): the same functions in C. */
#define FUNCTION(name) __attribute__((noipa)) long name(long x) { return x; }
FUNCTION(first_push)
FUNCTION(first_endbr64)
FUNCTION(first_sub)
#else
#define FUNCTION(name, body) \
	long name(long x); \
	__asm__(".pushsection .text\n.globl " #name "\n.type " #name ", @function\n.p2align 4\n" #name ":\n" \
		body "\n.size " #name ", . - " #name "\n.popsection");
FUNCTION(first_push, "push %rbp\n mov %rsp, %rbp\n mov %rdi, %rax\n pop %rbp\n ret")
FUNCTION(first_endbr64, "endbr64\n push %rbp\n mov %rsp, %rbp\n mov %rdi, %rax\n pop %rbp\n ret")
FUNCTION(first_sub, "sub $8, %rsp\n mov %rdi, %rax\n add $8, %rsp\n ret")
#endif

static volatile long sink;

static long cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv)
{
	long (*volatile function)(long) = NULL;
	long calls, start, end;
	FILE *file;

	if (argc != 4)
		return 2;
	if (strcmp(argv[1], "push") == 0)
		function = first_push;
	else if (strcmp(argv[1], "endbr64") == 0)
		function = first_endbr64;
	else if (strcmp(argv[1], "sub") == 0)
		function = first_sub;
	calls = atol(argv[2]);
	start = cpu_time();
	if (function)
		for (long i = 0; i < calls; i++)
			function(i);
	else
		for (long i = 0; i < calls; i++)
			sink = labs(i);
	end = cpu_time();
	file = fopen(argv[3], "w");
	fprintf(file, "%ld\n", end - start);
	return fclose(file);
}
