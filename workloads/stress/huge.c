// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "kernel/probe.h"
#include "kernel/thp.h"
#include "kernel/util.h"
#include "stress/huge.h"

static struct huge {
	const struct ledger *ledger;
	int probe;
	uint64_t *done;
} huge;

static const char * const names[NR_HUGE_CHANGES] = {
	"MADV_COLLAPSE", "a walk to PTEs"
};

const char *huge_change_name(size_t change)
{
	return names[change];
}

static uint64_t address_of_huge(void)
{
	const struct layout *layout = huge.ledger->layout;

	return layout_address(layout, layout_next_thp(layout, 0,
						      layout->pages));
}

static void count_done(int change)
{
	__atomic_add_fetch(huge.done + change, 1, __ATOMIC_RELAXED);
}

static bool is_over(void)
{
	return __atomic_load_n(&huge.ledger->over, __ATOMIC_SEQ_CST);
}

static void *collapse_on(void *unused)
{
	for (; !is_over(); sched_yield())
		if (thp_try(0, address_of_huge()))
			count_done(HUGE_COLLAPSE);
	return unused;
}

static void *split_on(void *unused)
{
	struct pagewalk_probe_walk walk = {
		.start = address_of_huge(),
		.end = address_of_huge() + HUGE_PAGES * PAGE_SIZE,
		.callbacks = CALLBACK_BIT(PTE_ENTRY),
	};

	for (; !is_over(); sched_yield()) {
		probe_walk(huge.probe, &walk);
		count_done(HUGE_SPLIT);
	}
	return unused;
}

static void start(void *(*run)(void *))
{
	pthread_t thread;

	errno = pthread_create(&thread, NULL, run, NULL);
	must(!errno, "pthread_create");
}

void huge_start(const struct ledger *ledger, int probe, uint64_t *done)
{
	huge = (struct huge){ ledger, probe, done };
	start(collapse_on);
	start(split_on);
}
