// SPDX-License-Identifier: GPL-2.0
/* fork(), vfork(), threads and execve(). */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "fp.h"

#define STACK	65536
#define VFORK	(CLONE_VM | CLONE_VFORK | SIGCHLD)
#define TURNS	20

static struct fp mine, childs;
static char stack[STACK] __attribute__((aligned(64)));
static const char *program;
static int to_child[2], to_parent[2];

static void *top_of(char *bottom)
{
	return bottom + STACK;
}

/* Begins with the parent's registers; leaves others behind. */
static int inherit(void *unused)
{
	bool inherited = fp_is(&mine, WITH_AVX512);

	(void)unused;
	fp_load(&childs);
	return !inherited;
}

static int inherit_and_exec(void *unused)
{
	char *argv[] = { (char *)program, "at-start", NULL };

	if (inherit(unused))
		return 2;
	return syscall_raw(SYS_execve, (long)program, (long)argv, (long)environ, 0);
}

static void test_child(unsigned long flags, void *stack_top, int (*child)(void *),
		       const char *by_child, const char *by_parent)
{
	bool kept;
	long pid;

	fp_load(&mine);
	pid = spawn(flags, stack_top, child, NULL);
	kept = fp_is(&mine, WITH_AVX512);
	ok(!wait_for(pid), by_child);
	ok(kept, by_parent);
}

/*
 * The second thread may have the first one's place in the kernel's memory, but
 * not its registers.
 */
static void test_thread_after_thread(void)
{
	long pid;

	fp_load(&mine);
	pid = spawn(VFORK, top_of(stack), inherit, NULL);
	pid = spawn(VFORK, top_of(stack), inherit, NULL);
	ok(!wait_for(pid) && !wait_for(-1), "the next thread inherits, too");
}

static char pass(int from, int to)
{
	char byte = 0;

	if (from >= 0)
		syscall_raw(SYS_read, from, (long)&byte, 1, 0);
	syscall_raw(SYS_write, to, (long)&byte, 1, 0);
	return byte;
}

static int alternate(void *unused)
{
	bool kept = true;
	int i;

	(void)unused;
	fp_load(&childs);
	for (i = 0; i < TURNS; i++) {
		pass(to_child[0], to_parent[1]);
		kept = kept && fp_is(&childs, WITH_AVX512);
	}
	return !kept;
}

/* Two tasks go on in turns, each by a system call that waits for the other. */
static void test_alternating(unsigned long flags, const char *what)
{
	bool kept = true;
	long pid;
	int i;

	if (pipe(to_child) || pipe(to_parent))
		exit(2);
	pid = spawn(flags, top_of(stack), alternate, NULL);
	fp_load(&mine);
	pass(-1, to_child[1]);
	for (i = 1; i < TURNS; i++) {
		pass(to_parent[0], to_child[1]);
		kept = kept && fp_is(&mine, WITH_AVX512);
	}
	ok(!wait_for(pid) && kept, what);
}

void test_tasks(const char *self)
{
	program = self;
	mine = fp_pattern(1);
	childs = fp_pattern(2);
	test_child(SIGCHLD, NULL, inherit, "fork: the child inherits", "fork: the parent keeps");
	test_child(VFORK, top_of(stack), inherit, "vfork: the child inherits",
		   "vfork: the parent keeps what it had");
	test_child(SIGCHLD, NULL, inherit_and_exec, "exec: begins anew", "exec: the parent keeps");
	test_child(VFORK, top_of(stack), inherit_and_exec, "vfork and exec: begins anew",
		   "vfork and exec: the parent keeps");
	test_thread_after_thread();
	test_alternating(SIGCHLD, "kept by processes that alternate");
	test_alternating(CLONE_VM | SIGCHLD, "kept by threads that alternate");
}
