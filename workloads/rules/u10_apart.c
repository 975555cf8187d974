// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that has a process of its own: more regions than the kernel collects
 * at a time, and what can be protected only once.
 */
#include <sys/mman.h>

#include "kernel/util.h"
#include "rules/u10.h"
#include "rules/u10_check.h"

#define ASYNC		REGISTERED_ASYNC

static const struct memory poisoned_hugetlb = {
	"poisoned hugetlb", BACKING_HUGETLB, .prot = PROT_READ | PROT_WRITE,
	.content = CONTENT_POISON
};

/* Every other page is present, which makes more regions than 512. */
static const struct protect_piece many[] = {
	{ &mem_anon, 0, 1200, 0, 2, ASYNC, false },
};

/* Page tables that are not there are one hole each, until they are protected. */
static const struct protect_piece holes[] = {
	{ &mem_anon, 0, 1200, 0, 0, ASYNC, false },
	{ &mem_file_shared, 1200, 1000, 0, 0, ASYNC, false },
};

/*
 * Huge pages behind a top-level entry that has nothing else get a table when
 * they are protected, and poison markers stay protected. Shared ones have a lock
 * that the walk holds.
 */
static const struct protect_piece tableless[] = {
	{ &mem_hugetlb, 0, 2 * HUGE_PAGES, 0, 0, ASYNC, false },
};
static const struct protect_piece shared_tableless[] = {
	{ &mem_hugetlb_shared, 0, 2 * HUGE_PAGES, 0, 0, ASYNC, false },
};
static const struct protect_piece poisoned[] = {
	{ &mem_anon, 0, 2, 0, 1, ASYNC, false },
	{ &mem_poisoned, 2, 3, 0, 1, ASYNC, false },
	{ &mem_anon, 5, 2, 0, 0, ASYNC, false },
	{ &poisoned_hugetlb, HUGE_PAGES, HUGE_PAGES, 0, 1, ASYNC, false },
};

struct apart {
	const char *name;
	const struct protect_piece *pieces;
	size_t nr;
	void (*check)(struct check *check, struct protect_space *space,
		      const struct apart *apart);
	uint64_t max_regions, max_pages;
};

/* The kernel collects 512 regions at a time. */
static void check_many(struct check *check, struct protect_space *space,
		       const struct apart *apart)
{
	static const uint64_t limits[] = { 511, 512, 513, 599, 600, 601 };
	struct protect_try try = {
		.to = many->pages, .mask = SCAN_PRESENT,
		.report = SCAN_CATEGORIES,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		for (try.flags = 0; try.flags <= SCAN_PROTECT; try.flags++) {
			try.max_pages = limits[i];
			try.max_regions = apart->max_regions;
			protect_check(check, space, &try);
			try.max_pages = 0;
			try.max_regions = limits[i];
			protect_check(check, space, &try);
		}
	}
}

/*
 * The same is absent afterwards. Whether absent memory is huge is up to the
 * kernel.
 */
static void check_once(struct check *check, struct protect_space *space,
		       const struct apart *apart)
{
	static const uint64_t limits[] = { 0, 1, 511, 512, 513, 700, 1201 };
	struct protect_try absent = {
		.to = space->layout.pages, .inverted = SCAN_PRESENT,
		.mask = SCAN_PRESENT, .report = SCAN_CATEGORIES & ~SCAN_HUGE,
		.max_regions = PROTECT_REGIONS,
	};
	struct protect_try markers = {
		.to = space->layout.pages, .mask = SCAN_SWAPPED,
		.report = SCAN_SWAPPED, .max_regions = PROTECT_REGIONS,
	};

	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		absent.max_pages = limits[i];
		protect_check(check, space, &absent);
	}
	absent.flags = SCAN_PROTECT;
	absent.max_regions = apart->max_regions;
	absent.max_pages = apart->max_pages;
	protect_check(check, space, &absent);
	protect_check(check, space, &markers);
}

#define WITH_VECTOR	PROTECT_REGIONS
#define WITHOUT_VECTOR	0

static const struct apart aparts[] = {
	{ "more regions than the kernel's buffer has", many, ARRAY_SIZE(many),
	  check_many, WITH_VECTOR, 0 },
	{ "no page tables", holes, ARRAY_SIZE(holes), check_once,
	  WITH_VECTOR, 0 },
	{ "no page tables, with a limit", holes, ARRAY_SIZE(holes), check_once,
	  WITH_VECTOR, 700 },
	{ "no page tables, without a vector", holes, ARRAY_SIZE(holes),
	  check_once, WITHOUT_VECTOR, 0 },
	{ "hugetlb without a table", tableless, ARRAY_SIZE(tableless),
	  check_once, WITH_VECTOR, 0 },
	{ "hugetlb without a table, without a vector", tableless,
	  ARRAY_SIZE(tableless), check_once, WITHOUT_VECTOR, 0 },
	{ "shared hugetlb without a table", shared_tableless,
	  ARRAY_SIZE(shared_tableless), check_once, WITH_VECTOR, 0 },
	{ "poison markers", poisoned, ARRAY_SIZE(poisoned), check_once,
	  WITH_VECTOR, 0 },
	{ "poison markers, without a vector", poisoned, ARRAY_SIZE(poisoned),
	  check_once, WITHOUT_VECTOR, 0 },
};

void check_apart(struct rule_run *run, int file)
{
	struct protect_space space;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(aparts); i++) {
		const struct apart *apart = aparts + i;

		protect_start(&space, apart->pieces, apart->nr, file,
			      run->probe);
		apart->check(rule_case(run, "%s", apart->name), &space, apart);
		protect_stop(&space);
	}
}
