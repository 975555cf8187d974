// SPDX-License-Identifier: GPL-2.0
/*
 * U10: PAGEMAP_SCAN reports exactly the pages that its masks ask for, and if it
 * protects, exactly those are write-protected then.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/util.h"
#include "rules/rule.h"
#include "rules/u10.h"
#include "rules/u10_check.h"

#define RW		(PROT_READ | PROT_WRITE)

#define NR_CATEGORIES	8
#define CATEGORY(i)	(UINT64_C(1) << (i))

static const struct memory private_shmem = {
	"private shmem", BACKING_FILE, .prot = RW, .content = CONTENT_READ
};

#define PLAIN		REGISTERED_NOT
#define ASYNC		REGISTERED_ASYNC
#define SYNC		REGISTERED_SYNC
#define MISSING		REGISTERED_MISSING

/* The first huge page, the first of three that are present, and all pages. */
#define HUGE		UINT64_C(2560)
#define PRESENT		(HUGE + HUGE_PAGES)
#define PAGES		(HUGE + 8 * HUGE_PAGES)

/* One VMA crosses a boundary of two tables; one has a table that is not there. */
static const struct protect_piece pieces[] = {
	{ &mem_anon, 4, 8, 0, 2, ASYNC, false },
	{ &mem_anon_apart, 12, 3, 0, 1, PLAIN, false },
	{ &mem_zero, 15, 4, 0, 1, ASYNC, false },
	{ &mem_file_shared, 19, 6, 0, 2, ASYNC, false },
	{ &mem_file, 25, 4, 0, 1, ASYNC, false },
	{ &private_shmem, 29, 4, 0, 1, ASYNC, false },
	{ &mem_pfnmap, 33, 3, 0, 0, PLAIN, false },
	{ &mem_anon, 36, 4, 0, 1, SYNC, true },
	{ &mem_file_shared, 40, 3, 0, 1, SYNC, false },
	{ &mem_anon, 44, 4, 1, 3, ASYNC, true },
	{ &mem_file_shared, 48, 4, 1, 3, ASYNC, true },
	{ &mem_poisoned, 52, 4, 0, 1, PLAIN, false },
	{ &mem_anon, 56, 3, 0, 1, MISSING, false },
	{ &mem_anon, 500, 24, 0, 1, ASYNC, false },
	{ &mem_anon, 1016, 1040, 0, 1036, ASYNC, false },
	{ &mem_hugetlb, HUGE, 4 * HUGE_PAGES, 1, 1, ASYNC, false },
	{ &mem_hugetlb_shared, HUGE + 4 * HUGE_PAGES, HUGE_PAGES, 0, 1, ASYNC,
	  false },
	{ &mem_hugetlb, HUGE + 5 * HUGE_PAGES, HUGE_PAGES, 0, 1, PLAIN,
	  false },
	{ &mem_hugetlb, HUGE + 6 * HUGE_PAGES, 2 * HUGE_PAGES, 0, 2, ASYNC,
	  true },
};

static const struct protect_try all = {
	.to = PAGES, .report = SCAN_CATEGORIES, .max_regions = PROTECT_REGIONS,
};

/* Scan with some of the masks inverted, and report all, some and nothing. */
static void check_masks(struct check *check, struct protect_space *space,
			uint64_t mask, uint64_t anyof)
{
	uint64_t both = mask | anyof, inverted;
	struct protect_try try = all;

	try.mask = mask;
	try.anyof = anyof;
	for (inverted = 0; inverted < SCAN_CATEGORIES; inverted++) {
		if (inverted & ~both)
			continue;
		try.inverted = inverted;
		try.report = inverted & 1 ? 0 : SCAN_CATEGORIES;
		protect_check(check, space, &try);
	}
	try.inverted = 0;
	try.report = both;
	protect_check(check, space, &try);
}

static void check_all_masks(struct rule_run *run, struct protect_space *space)
{
	struct check *of_all = rule_case(run, "masks of which all match");
	struct check *of_any = rule_case(run, "masks of which any matches");
	struct check *of_both = rule_case(run, "both masks");
	int i, j;

	for (i = 0; i < NR_CATEGORIES; i++) {
		for (j = 0; j <= i; j++) {
			check_masks(of_all, space, CATEGORY(i) | CATEGORY(j), 0);
			check_masks(of_any, space, 0, CATEGORY(i) | CATEGORY(j));
		}
		for (j = 0; j < NR_CATEGORIES; j++)
			check_masks(of_both, space, CATEGORY(i), CATEGORY(j));
	}
}

static const struct protect_mask {
	uint64_t inverted, mask, anyof;
} protect_masks[] = {
	{ 0, 0, 0 },
	{ 0, SCAN_WRITTEN, 0 },
	{ 0, SCAN_PRESENT, 0 },
	{ SCAN_PRESENT, SCAN_PRESENT, 0 },
	{ 0, SCAN_FILE, 0 },
	{ SCAN_FILE, SCAN_FILE | SCAN_WRITTEN, 0 },
	{ 0, SCAN_SWAPPED, 0 },
	{ 0, SCAN_WRITTEN, SCAN_FILE | SCAN_PFNZERO },
	{ SCAN_PFNZERO, SCAN_WPALLOWED, SCAN_PFNZERO | SCAN_HUGE },
	{ SCAN_HUGE, SCAN_WRITTEN, SCAN_HUGE },
	{ SCAN_WRITTEN, SCAN_WRITTEN, 0 },
	{ 0, SCAN_SOFT_DIRTY, 0 },
};

static struct protect_try with_mask(const struct protect_try *try, size_t i)
{
	struct protect_try with = *try;

	with.flags |= SCAN_PROTECT;
	with.inverted = protect_masks[i].inverted;
	with.mask = protect_masks[i].mask;
	with.anyof = protect_masks[i].anyof;
	return with;
}

/* Limits are for small pages: of a huge page no part can be protected. */
static void check_protect(struct rule_run *run, struct protect_space *space)
{
	struct check *whole = rule_case(run, "protect");
	struct check *limited = rule_case(run, "protect, with limits");
	struct check *alone = rule_case(run, "protect, without a vector");
	struct protect_try try;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protect_masks); i++) {
		try = with_mask(&all, i);
		protect_check(whole, space, &try);
		try.report = try.mask;
		protect_check(whole, space, &try);
		try.to = HUGE;
		for (try.max_pages = 1; try.max_pages < 60; try.max_pages *= 3)
			protect_check(limited, space, &try);
		try.max_pages = 0;
		for (try.max_regions = 1; try.max_regions < 4;
		     try.max_regions++)
			protect_check(limited, space, &try);
		try = with_mask(&all, i);
		try.max_regions = 0;
		protect_check(alone, space, &try);
	}
}

/* Limits that lie in a hole, which the walk reports at once, or a huge page. */
static void check_limits(struct rule_run *run, struct protect_space *space)
{
	static const uint64_t limits[] = { 1, 2, 7, 8, 9, 511, 512, 513, 700 };
	struct check *of_hole = rule_case(run, "limits in a hole");
	struct check *of_huge = rule_case(run, "limits in a huge page");
	struct protect_try try = all;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		try.from = 1016;
		try.to = HUGE;
		try.max_pages = limits[i];
		for (try.flags = 0; try.flags <= SCAN_PROTECT; try.flags++)
			protect_check(of_hole, space, &try);
		try.from = PRESENT - limits[i] / 2;
		try.to = PAGES;
		try.flags = 0;
		protect_check(of_huge, space, &try);
	}
}

/* Protect the few pages before, at and behind where a piece begins. */
static void check_joints(struct rule_run *run, struct protect_space *space)
{
	struct check *check = rule_case(run, "protect at joints");
	struct protect_try try = all;
	size_t i;

	try.flags = SCAN_PROTECT;
	try.mask = SCAN_WRITTEN;
	for (i = 0; i < ARRAY_SIZE(pieces) && pieces[i].start < HUGE; i++) {
		for (try.from = pieces[i].start - 2;
		     try.from < pieces[i].start + 2; try.from++) {
			try.to = try.from + 2;
			try.max_regions = PROTECT_REGIONS;
			protect_check(check, space, &try);
			try.max_regions = 0;
			protect_check(check, space, &try);
		}
	}
}

/* Ranges that begin or end in a huge page, with and without a vector. */
static void check_parts(struct rule_run *run, struct protect_space *space)
{
	static const struct protect_try ranges[] = {
		{ .from = PRESENT, .to = PRESENT + 1 },
		{ .from = PRESENT + 1, .to = PRESENT + HUGE_PAGES },
		{ .from = PRESENT - 4, .to = PRESENT + HUGE_PAGES - 1 },
		{ .from = PRESENT, .to = PRESENT + HUGE_PAGES + 9 },
		{ .from = HUGE - 4, .to = HUGE + HUGE_PAGES - 1 },
		{ .from = HUGE + 3, .to = HUGE + 3 * HUGE_PAGES },
		{ .from = HUGE + 2 * HUGE_PAGES,
		  .to = HUGE + 4 * HUGE_PAGES + 7 },
	};
	struct check *check = rule_case(run, "protect parts of huge pages");
	struct protect_try try;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		for (j = 0; j < ARRAY_SIZE(protect_masks); j++) {
			try = with_mask(ranges + i, j);
			try.report = SCAN_CATEGORIES;
			try.max_regions = PROTECT_REGIONS;
			protect_check(check, space, &try);
			try.max_regions = 0;
			protect_check(check, space, &try);
		}
	}
	/* What was left out does not count for the limit. */
	try = all;
	try.flags = SCAN_PROTECT;
	try.from = PRESENT + 3;
	try.max_pages = 2 * HUGE_PAGES;
	try.to = PRESENT + 3 * HUGE_PAGES;
	protect_check(check, space, &try);
}

/* All that is not registered, or not asynchronously, ends such a scan. */
static void check_refusal(struct rule_run *run, struct protect_space *space)
{
	struct check *check = rule_case(run, "all has to be protectable");
	struct protect_try try = all;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		try.from = pieces[i].start;
		try.to = try.from + pieces[i].pages;
		try.flags = SCAN_CHECK;
		protect_check(check, space, &try);
		try.flags = SCAN_CHECK | SCAN_PROTECT;
		protect_check(check, space, &try);
	}
	try.from = 0;
	protect_check(check, space, &try);
}

static void check_pieces(struct rule_run *run, struct protect_space *space)
{
	check_all_masks(run, space);
	check_protect(run, space);
	check_limits(run, space);
	check_joints(run, space);
	check_parts(run, space);
	check_refusal(run, space);
}

static void check_protect_rule(struct rule_run *run)
{
	int file = memfd_create("protect", MFD_CLOEXEC);
	struct protect_space space;

	if (file < 0 || ftruncate(file, HUGE * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	if (protect_start(&space, pieces, ARRAY_SIZE(pieces), file,
			  run->probe)) {
		check_pieces(run, &space);
		protect_stop(&space);
		check_apart(run, file);
		check_noticed(run);
		check_swapped(run);
	} else {
		rule_skip(run, "all", "this kernel has no asynchronous write protection");
	}
	close(file);
}

const struct rule rule_u10 = { "U10", "protect", check_protect_rule };
