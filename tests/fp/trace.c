// SPDX-License-Identifier: GPL-2.0
/* A tracer reads and sets the registers of its tracee. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "fp.h"

#define STACK	65536

static struct fp tracers, tracees, set;
static char stack[STACK] __attribute__((aligned(64)));

/* Shows the tracer its registers, and tells whether it has others then. */
static int be_traced(void *unused)
{
	int before, after;

	(void)unused;
	syscall_raw(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
	fp_load(&tracees);
	syscall_raw(SYS_tkill, syscall_raw(SYS_gettid, 0, 0, 0, 0), SIGSTOP, 0, 0);
	after = fp_is(&set, LEGACY);
	fp_load(&tracees);
	syscall_raw(SYS_tkill, syscall_raw(SYS_gettid, 0, 0, 0, 0), SIGSTOP, 0, 0);
	before = fp_is(&tracees, WITH_AVX512);
	return (before ? 0 : 1) | (after ? 0 : 2);
}

static bool wait_for_stop(long pid)
{
	int status;

	return waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status);
}

static void test_tracee(unsigned long flags, void *stack_top, const char *const what[5])
{
	struct fp read = tracers, bad = set;
	bool kept;
	long pid, refused;

	pid = spawn(flags, stack_top, be_traced, NULL);
	if (!wait_for_stop(pid))
		exit(2);

	fp_load(&tracers);
	syscall_raw(SYS_ptrace, PTRACE_GETFPREGS, pid, 0, (long)&read);
	kept = fp_is(&tracers, WITH_AVX512);
	ok(fp_same(&read, &tracees, LEGACY), what[0]);
	fp_load(&tracers);
	syscall_raw(SYS_ptrace, PTRACE_SETFPREGS, pid, 0, (long)&set);
	kept = kept && fp_is(&tracers, WITH_AVX512);
	syscall_raw(SYS_ptrace, PTRACE_CONT, pid, 0, 0);
	wait_for_stop(pid);

	bad.mxcsr = ~0U;
	refused = syscall_raw(SYS_ptrace, PTRACE_SETFPREGS, pid, 0, (long)&bad);
	ok(refused == -EINVAL, what[1]);
	syscall_raw(SYS_ptrace, PTRACE_CONT, pid, 0, 0);
	refused = wait_for(pid);
	ok(!(refused & 2), what[2]);
	ok(!(refused & 1), what[3]);
	ok(kept, what[4]);
}

void test_ptrace(void)
{
	static const char *const process[] = {
		"a process: read by its tracer", "a process: not set to what no CPU takes",
		"a process: set by its tracer", "a process: kept when that is refused",
		"a process: its tracer keeps its own",
	}, *const thread[] = {
		"a thread: read by its tracer", "a thread: not set to what no CPU takes",
		"a thread: set by its tracer", "a thread: kept when that is refused",
		"a thread: its tracer keeps its own",
	};

	tracers = fp_pattern(1);
	tracees = fp_pattern(2);
	set = fp_pattern(3);
	test_tracee(SIGCHLD, NULL, process);
	test_tracee(CLONE_VM | SIGCHLD, stack + STACK, thread);
}
