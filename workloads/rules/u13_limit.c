// SPDX-License-Identifier: GPL-2.0
/*
 * mlock(2): who has not CAP_IPC_LOCK may lock as much as RLIMIT_MEMLOCK says. More
 * gives ENOMEM, and anything gives EPERM if the limit is zero. Nothing is locked then.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "kernel/identity.h"
#include "kernel/util.h"
#include "rules/u13_limit.h"

static const struct identity user = { "a user", 1000, 1000, 0 };
static const struct identity locker = {
	"a user with CAP_IPC_LOCK", 1000, 1000, CAPABILITY(IPC_LOCK)
};

/* Calls on the first pages of the same memory, one after the other. */
static const struct {
	const struct identity *who;
	uint64_t limit, pages;
	int error;
	uint64_t locked;	/* pages, afterwards */
} calls[] = {
	{ &user, 4, 4, 0, 4 },
	{ &user, 4, 5, ENOMEM, 0 },
	{ &user, 0, 1, EPERM, 0 },
	{ &locker, 4, 5, 0, 5 },
	{ &locker, 0, 1, 0, 1 },
};

struct ask {
	size_t call;
	int error;
	uint64_t locked;
};

static uint64_t locked_pages(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long kb = ~0UL;
	char line[128];

	must(file, "/proc/self/status");
	while (fgets(line, sizeof(line), file))
		sscanf(line, "VmLck: %lu", &kb);
	fclose(file);
	return kb * 1024 / PAGE_SIZE;
}

/* In a child, which has no other memory that is locked. */
static void lock(void *arg)
{
	struct ask *ask = arg;
	uint64_t limit = calls[ask->call].limit * PAGE_SIZE;
	uint64_t size = calls[ask->call].pages * PAGE_SIZE;
	void *memory = mmap(NULL, 8 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	must(!setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ limit, limit }),
	     "setrlimit");
	ask->error = mlock(memory, size) ? errno : 0;
	ask->locked = locked_pages();
}

void check_lock_limit(struct rule_run *run)
{
	struct check *check = rule_case(run, "RLIMIT_MEMLOCK");
	struct ask *ask = map_populated(sizeof(*ask));

	for (ask->call = 0; ask->call < ARRAY_SIZE(calls); ask->call++) {
		ask_as(calls[ask->call].who, lock, ask);
		check->checked += 2;
		if (ask->error != calls[ask->call].error ||
		    ask->locked != calls[ask->call].locked)
			check_fail(check, "mlock of %" PRIu64 " pages by %s, limit %" PRIu64 ": %s, %" PRIu64 " pages are locked; expected %s, %" PRIu64,
				   calls[ask->call].pages,
				   calls[ask->call].who->name,
				   calls[ask->call].limit,
				   ask->error ? strerror(ask->error) : "success",
				   ask->locked, calls[ask->call].error ?
				   strerror(calls[ask->call].error) : "success",
				   calls[ask->call].locked);
	}
	unmap_populated(ask, sizeof(*ask));
}
