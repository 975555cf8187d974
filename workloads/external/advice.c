// SPDX-License-Identifier: GPL-2.0
/*
 * mm_regression, cases/mm/madv_free: which pages are still mapped after one is
 * given back, the first of each memory; and cases/mm/mlock: which pages are
 * unevictable after mlock2() of memory that is in use, with MLOCK_ONFAULT.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "external/place.h"
#include "kernel/pagemap.h"
#include "rules/rule.h"
#include "space/pool.h"

#define UNEVICTABLE	(UINT64_C(1) << 18)	/* of kpageflags */

static uint64_t entry_of(const void *memory)
{
	int fd = open_proc(getpid(), "pagemap");
	uint64_t entry = 0;

	pagemap_read(fd, (uintptr_t)memory, &entry, 1);
	close(fd);
	return entry;
}

static uint64_t flags_of(uint64_t entry)
{
	int fd = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	uint64_t flags;

	if (fd < 0 || pread(fd, &flags, sizeof(flags),
			    (entry & PM_PFN) * sizeof(flags)) != sizeof(flags))
		die("/proc/kpageflags: %s", strerror(errno));
	close(fd);
	return flags;
}

static char *map_new_file(uint64_t offset)
{
	int fd = place_new_file(0, 2 * PAGE_SIZE);
	char *memory = place_file(offset, 2 * PAGE_SIZE, fd);

	close(fd);
	return memory;
}

/* Return the memory, of two pages that are in use. */
static char *in_use(char *memory)
{
	memset(memory, 'a', 2 * PAGE_SIZE);
	return memory;
}

static void check_given_back(struct check *check, const char *what,
			     char *memory, int advice, bool stays)
{
	bool present;

	/* MADV_FREE is refused where there is a file, which changes nothing. */
	madvise(memory, PAGE_SIZE, advice);
	present = entry_of(memory) & PM_PRESENT;
	check->checked++;
	if (present != stays)
		check_fail(check, "the first page of %s is %s", what,
			   present ? "still mapped" : "gone");
	check->checked++;
	if (!(entry_of(memory + PAGE_SIZE) & PM_PRESENT))
		check_fail(check, "the second page of %s is gone", what);
}

static void check_advice(struct check *check, int advice, bool stays)
{
	check_given_back(check, "a file", in_use(map_new_file(0)), advice,
			 stays);
	check_given_back(check, "anonymous memory",
			 in_use(place_anon(HUGE_SIZE, 2 * PAGE_SIZE)), advice,
			 stays);
	place_clear();
}

static void check_madv(struct rule_run *run)
{
	check_advice(rule_case(run, "dontneed"), MADV_DONTNEED, false);
	check_advice(rule_case(run, "free"), MADV_FREE, true);
}

static void check_locked(struct check *check, const char *memory, uint64_t size,
			 bool expected)
{
	uint64_t entry;

	if (mlock2(memory, size, MLOCK_ONFAULT))
		check_fail(check, "mlock2: %s", strerror(errno));
	entry = entry_of(memory);
	check->checked++;
	if (!(entry & PM_PRESENT))
		check_fail(check, "the page is gone");
	else if (!!(flags_of(entry) & UNEVICTABLE) != expected)
		check_fail(check, "the page is %s",
			   expected ? "not unevictable" : "unevictable");
	place_clear();
}

static void check_zero_page(struct check *check)
{
	char *memory = place_anon(0, PAGE_SIZE);

	if (madvise(memory, PAGE_SIZE, MADV_POPULATE_READ))
		die("MADV_POPULATE_READ: %s", strerror(errno));
	check_locked(check, memory, PAGE_SIZE, false);
}

static void check_hugetlb(struct check *check)
{
	uint64_t pool = pool_add(1);
	char *memory = place_hugetlb(0, HUGE_SIZE);

	*memory = 'a';
	check_locked(check, memory, HUGE_SIZE, false);
	pool_restore(pool);
}

static void check_mlock(struct rule_run *run)
{
	check_locked(rule_case(run, "anonymous"),
		     in_use(place_anon(0, 2 * PAGE_SIZE)), 2 * PAGE_SIZE, true);
	check_locked(rule_case(run, "pagecache"), in_use(map_new_file(0)),
		     2 * PAGE_SIZE, true);
	check_hugetlb(rule_case(run, "hugetlb_anon"));
	check_zero_page(rule_case(run, "zero"));
}

const struct rule external_madv = {
	"mm_regression/madv_free", "madvise", check_madv
};

const struct rule external_mlock = {
	"mm_regression/mlock", "mlock", check_mlock
};
