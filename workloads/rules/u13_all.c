// SPDX-License-Identifier: GPL-2.0
/*
 * mlockall(2): MCL_CURRENT locks what is mapped, MCL_FUTURE what will be, and with
 * MCL_ONFAULT only pages that are used. munlockall() undoes all of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/identity.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u13_limit.h"

#ifndef MCL_ONFAULT
#define MCL_ONFAULT	4
#endif
#define UNKNOWN		8

#define TEXT_MAX	(UINT64_C(1) << 18)
#define KB		(PAGE_SIZE / 1024)
#define PAGES		UINT64_C(8)
#define USED		UINT64_C(2)	/* pages that the process has written to */
#define NO_LIMIT	UINT64_MAX

static const struct identity root = { "root", 0, 0, ALL_CAPABILITIES };
static const struct identity user = { "a user", 1000, 1000, 0 };
static const struct identity locker = {
	"a user with CAP_IPC_LOCK", 1000, 1000, CAPABILITY(IPC_LOCK)
};

/* What is true of memory afterwards. */
struct locked {
	bool locked, on_fault;
	uint64_t pages;		/* that are there */
};

#define LOCKED		{ true, false, PAGES }
#define ON_FAULT(n)	{ true, true, n }
#define AS_IT_WAS	{ false, false, USED }
#define UNUSED		{ false, false, 0 }

static const struct try {
	const struct identity *who;
	uint64_t limit;		/* RLIMIT_MEMLOCK, in pages */
	int flags;
	bool undone;		/* munlockall() comes next */
	int error;
	/* Memory that was mapped before the call, and that is mapped after. */
	struct locked old, new;
} tries[] = {
	{ &root, NO_LIMIT, MCL_CURRENT, false, 0, LOCKED, UNUSED },
	{ &root, NO_LIMIT, MCL_FUTURE, false, 0, AS_IT_WAS, LOCKED },
	{ &root, NO_LIMIT, MCL_CURRENT | MCL_FUTURE, false, 0, LOCKED, LOCKED },
	{ &root, NO_LIMIT, MCL_CURRENT | MCL_ONFAULT, false, 0, ON_FAULT(USED),
	  UNUSED },
	{ &root, NO_LIMIT, MCL_FUTURE | MCL_ONFAULT, false, 0, AS_IT_WAS,
	  ON_FAULT(0) },
	{ &root, NO_LIMIT, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT, false, 0,
	  ON_FAULT(USED), ON_FAULT(0) },
	{ &root, NO_LIMIT, MCL_CURRENT | MCL_FUTURE, true, 0,
	  { false, false, PAGES }, UNUSED },
	{ &root, NO_LIMIT, MCL_CURRENT | MCL_ONFAULT, true, 0, AS_IT_WAS,
	  UNUSED },
	{ &root, NO_LIMIT, 0, false, EINVAL, AS_IT_WAS, UNUSED },
	{ &root, NO_LIMIT, MCL_ONFAULT, false, EINVAL, AS_IT_WAS, UNUSED },
	{ &root, NO_LIMIT, MCL_CURRENT | UNKNOWN, false, EINVAL, AS_IT_WAS,
	  UNUSED },
	{ &user, 4, MCL_CURRENT, false, ENOMEM, AS_IT_WAS, UNUSED },
	{ &user, 0, MCL_CURRENT, false, EPERM, AS_IT_WAS, UNUSED },
	{ &user, 0, MCL_FUTURE, false, EPERM, AS_IT_WAS, UNUSED },
	{ &locker, 4, MCL_CURRENT, false, 0, LOCKED, UNUSED },
	{ &locker, 0, MCL_CURRENT, false, 0, LOCKED, UNUSED },
};

/* Shared with the child that makes the call. */
struct ask {
	const struct try *try;
	int error;
	struct locked old, new;
	char text[TEXT_MAX];
};

static char *map_at(uint64_t page)
{
	char *memory = mmap((void *)(RULE_BASE + page * PAGE_SIZE),
			    PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1, 0);

	must(memory != MAP_FAILED, "mmap");
	return memory;
}

static struct locked look(struct ask *ask, const char *memory)
{
	int fd = open_proc(getpid(), "smaps");
	int64_t len = smaps_read(fd, ask->text, TEXT_MAX);
	const struct smaps_vma *vma;
	struct smaps smaps;
	char error[160];

	close(fd);
	must(len > 0, "smaps");
	if (!smaps_parse(&smaps, ask->text, len, error, sizeof(error)))
		die("%s", error);
	vma = smaps_at(&smaps, (uintptr_t)memory);
	if (!vma || vma->end != vma->start + PAGES * PAGE_SIZE)
		die("smaps: no VMA at %p of its own", memory);
	return (struct locked){
		.locked = smaps_has_flag(vma, "lo"),
		.on_fault = smaps_has_flag(vma, "lf"),
		.pages = vma->field[SMAPS_RSS] / KB,
	};
}

static void lock(void *arg)
{
	struct ask *ask = arg;
	const struct try *try = ask->try;
	uint64_t limit = try->limit == NO_LIMIT ? RLIM_INFINITY :
						  try->limit * PAGE_SIZE;
	char *old = map_at(0), *new;

	old[0] = 1;
	old[(PAGES - 1) * PAGE_SIZE] = 1;
	must(!setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ limit, limit }),
	     "setrlimit");
	ask->error = mlockall(try->flags) ? errno : 0;
	if (try->undone)
		must(!munlockall(), "munlockall");
	new = map_at(2 * PAGES);
	ask->old = look(ask, old);
	ask->new = look(ask, new);
}

static void expect(struct check *check, const struct try *try, const char *what,
		   const struct locked *got, const struct locked *expected)
{
	check->checked++;
	if (got->locked != expected->locked ||
	    got->on_fault != expected->on_fault ||
	    got->pages != expected->pages)
		check_fail(check, "mlockall(%d)%s by %s: memory mapped %s is%s locked%s and has %" PRIu64 " pages; expected%s locked%s, %" PRIu64,
			   try->flags, try->undone ? " and munlockall()" : "",
			   try->who->name, what, got->locked ? "" : " not",
			   got->on_fault ? " on fault" : "", got->pages,
			   expected->locked ? "" : " not",
			   expected->on_fault ? " on fault" : "",
			   expected->pages);
}

void check_lock_all(struct rule_run *run)
{
	struct check *check = rule_case(run, "mlockall");
	struct ask *ask = map_populated(sizeof(*ask));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tries); i++) {
		const struct try *try = tries + i;

		ask->try = try;
		ask_as(try->who, lock, ask);
		check->checked++;
		if (ask->error != try->error)
			check_fail(check, "mlockall(%d) by %s: %s, expected %s",
				   try->flags, try->who->name,
				   ask->error ? strerror(ask->error) : "success",
				   try->error ? strerror(try->error) : "success");
		expect(check, try, "before", &ask->old, &try->old);
		expect(check, try, "later", &ask->new, &try->new);
	}
	unmap_populated(ask, sizeof(*ask));
}
