// SPDX-License-Identifier: GPL-2.0
/* Tasks that the timer interrupts while they only compute. */
#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "fp.h"

#define STACK		65536
#define SWITCHES	10

static struct fp patterns[2];
static char stack[STACK] __attribute__((aligned(64)));

/* Until the task has lost the CPU against its will so often. */
static int compute(void *pattern)
{
	struct rusage used;
	bool kept = true;
	volatile int i;

	fp_load(pattern);
	do {
		for (i = 0; i < 1000000; i++)
			;
		syscall_raw(SYS_getrusage, RUSAGE_THREAD, (long)&used, 0, 0);
		kept = kept && fp_is(pattern, WITH_AVX512);
	} while (used.ru_nivcsw < SWITCHES);
	return !kept;
}

static void test_two(unsigned long flags, void *stack_top, const char *what)
{
	long pids[2];
	int i, bad = 0;

	for (i = 0; i < 2; i++)
		pids[i] = spawn(flags, stack_top ? stack + (i + 1) * STACK / 2 : NULL,
				compute, &patterns[i]);
	for (i = 0; i < 2; i++)
		bad |= wait_for(pids[i]);
	ok(!bad, what);
}

void test_preemption(void)
{
	patterns[0] = fp_pattern(1);
	patterns[1] = fp_pattern(2);
	test_two(SIGCHLD, NULL, "kept by processes that are interrupted");
	test_two(CLONE_VM | SIGCHLD, stack, "kept by threads that are interrupted");
}
