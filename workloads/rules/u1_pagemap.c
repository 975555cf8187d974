// SPDX-License-Identifier: GPL-2.0
/*
 * U1: /proc/PID/pagemap, read at any offset and of any length, gives each
 * page what a read of that page alone gives it, and that is the truth.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "space/joints.h"
#include "space/subject.h"
#include "truth/check.h"
#include "truth/describe.h"
#include "truth/page.h"

#define ENTRY	sizeof(uint64_t)

/* Entries of a layout that are read one by one, in bytes. */
#define SIZE_MAX_READ	(UINT64_C(64) << 20)

/* The joints of a long read, and the pages around each. */
#define LONG_JOINTS	3
#define LONG_EDGE	UINT64_C(1)

/* Entries behind the requested ones, which a read must leave alone. */
#define GUARD		8

struct window_check {
	struct check *check;
	struct check stray;	/* entries that belong to another page */
	const struct layout *layout;
	int fd;
	uint64_t *expected;	/* for each page of the layout */
	uint64_t *got;		/* what the last read gave, and the guard */
};

/* Find the owner of @entry among the @pages from @from on. */
static bool find_owner(const struct window_check *wc, uint64_t from,
		       uint64_t pages, uint64_t entry, uint64_t *owner)
{
	uint64_t page;

	if (!(entry & PM_PRESENT))
		return false;
	for (page = from; page < from + pages; page++) {
		if (wc->expected[page] == entry) {
			*owner = page;
			return true;
		}
	}
	return false;
}

static void entry_fail(struct window_check *wc, struct check *check,
		       uint64_t from, uint64_t pages, uint64_t i, int64_t given)
{
	struct truth truth = layout_at(wc->layout, from + i);
	char got[100], expected[100], whose[100] = "";
	uint64_t owner;

	describe_entry(got, sizeof(got), wc->got[i]);
	describe_entry(expected, sizeof(expected), wc->expected[from + i]);
	if (find_owner(wc, from, pages, wc->got[i], &owner)) {
		struct truth other = layout_at(wc->layout, owner);

		snprintf(whose, sizeof(whose), ", the entry of page 0x%" PRIx64 " (%s)",
			 layout_address(wc->layout, owner), truth_name(&other));
	}
	check_fail(check, "pagemap, read of %" PRIu64 " page%s at 0x%" PRIx64 ", which gave %" PRId64 ": page 0x%" PRIx64 " (%s) got %s%s; expected %s",
		   pages, pages == 1 ? "" : "s",
		   layout_address(wc->layout, from), given,
		   layout_address(wc->layout, from + i), truth_name(&truth),
		   got, whose, expected);
}

/* Note the first and the worst fault of a read. */
static void entries_fail(struct window_check *wc, uint64_t from, uint64_t pages,
			 int64_t given)
{
	uint64_t i = 0, owner;

	while (i < pages && wc->got[i] == wc->expected[from + i])
		i++;
	entry_fail(wc, wc->check, from, pages, i, given);
	for (; i < pages; i++) {
		if (wc->got[i] == wc->expected[from + i] ||
		    !find_owner(wc, from, pages, wc->got[i], &owner))
			continue;
		entry_fail(wc, &wc->stray, from, pages, i, given);
		return;
	}
}

static void check_guard(struct window_check *wc, uint64_t from, uint64_t pages)
{
	uint64_t i;

	for (i = pages; i < pages + GUARD; i++) {
		if (wc->got[i] == PM_UNTOUCHED)
			continue;
		check_fail(wc->check, "pagemap, read of %" PRIu64 " pages at 0x%" PRIx64 ": wrote behind the buffer",
			   pages, layout_address(wc->layout, from));
		return;
	}
}

/* Check one read: each page has its entry, and no entry is missing. */
static void check_read(struct window_check *wc, uint64_t from, uint64_t pages)
{
	int64_t given;

	memset(wc->got, PM_UNTOUCHED & 0xff, (pages + GUARD) * ENTRY);
	given = pagemap_read(wc->fd, layout_address(wc->layout, from), wc->got,
			     pages);
	wc->check->checked += pages;
	wc->stray.checked += pages;
	check_guard(wc, from, pages);
	if (given == (int64_t)pages &&
	    !memcmp(wc->got, wc->expected + from, pages * ENTRY))
		return;
	if (given < 0) {
		check_fail(wc->check, "pagemap, read of %" PRIu64 " pages at 0x%" PRIx64 ": %s",
			   pages, layout_address(wc->layout, from),
			   strerror(-given));
		return;
	}
	entries_fail(wc, from, pages, given);
}

/* Check all reads of @pages pages within reach of a joint. */
static void check_windows(struct window_check *wc, const struct joint *joint,
			  uint64_t pages)
{
	uint64_t from = joint->page > JOINT_REACH ? joint->page - JOINT_REACH : 0;
	uint64_t end = min_u64(joint->page + JOINT_REACH, wc->layout->pages);

	for (; from + pages <= end; from++)
		check_read(wc, from, pages);
}

/* Each kind of joint is a case. Short reads come first, for small faults. */
static void check_joints(struct rule_run *run, struct window_check *wc,
			 const struct joints *joints)
{
	uint64_t pages;
	size_t i, j;

	for (i = 0; i < joints->nr; i++) {
		const char *name = joints->joints[i].name;

		if (!joints->joints[i].first)
			continue;
		wc->check = rule_case(run, "%s", name);
		for (pages = 2; pages <= 2 * JOINT_REACH; pages++)
			for (j = i; j < joints->nr; j++)
				if (!strcmp(joints->joints[j].name, name))
					check_windows(wc, joints->joints + j,
						      pages);
	}
}

static void check_single(struct window_check *wc, uint64_t page)
{
	struct truth truth = layout_at(wc->layout, page);
	uint64_t entry = wc->got[0];

	wc->check->checked++;
	if (!page_is_known(&truth)) {
		wc->expected[page] = entry;
		return;
	}
	if (page_entry(&truth)) {
		wc->expected[page] = entry;
		if ((entry & ~PM_PFN) == page_entry(&truth) && entry & PM_PFN)
			return;
	} else if (!entry) {
		return;
	}
	entry_fail(wc, wc->check, page, 1, 0, entry != PM_UNTOUCHED);
}

/* Read single pages on and near a region, to compare all other reads with. */
static void check_region_singly(struct window_check *wc, uint64_t from,
				uint64_t to)
{
	static uint64_t entries[2048];
	uint64_t *got = wc->got;
	uint64_t i, n;

	for (; from < to; from += n) {
		n = min_u64(to - from, ARRAY_SIZE(entries));
		memset(entries, PM_UNTOUCHED & 0xff, sizeof(entries));
		pagemap_read_singly(wc->fd, layout_address(wc->layout, from),
				    entries, n);
		for (i = 0; i < n; i++) {
			wc->got = entries + i;
			check_single(wc, from + i);
		}
	}
	wc->got = got;
}

static void check_singly(struct window_check *wc, struct check *singly)
{
	uint64_t from = 0, to;
	size_t i;

	/* A read of a page gives its entry, which is no other's. */
	wc->check = singly;
	for (i = 0; i < wc->layout->nr_regions; i++) {
		const struct region *region = wc->layout->regions + i;

		if (from + JOINT_REACH < region->start)
			from = region->start - JOINT_REACH;
		to = min_u64(region->start + region->pages + JOINT_REACH,
			     wc->layout->pages);
		check_region_singly(wc, from, to);
		from = to;
	}
}

static bool are_near(const struct joints *joints, size_t i, size_t j)
{
	return joints->joints[j].page - joints->joints[i].page <=
	       8 * TABLE_PAGES;
}

/* Read from the pages around joint @i to those around the next few. */
static void check_long_reads_from(struct window_check *wc,
				  const struct joints *joints, size_t i)
{
	uint64_t from, to;
	size_t j;

	for (j = i + 1; j <= i + LONG_JOINTS && j < joints->nr; j++) {
		uint64_t near = joints->joints[i].page;
		uint64_t far = joints->joints[j].page;

		if (!are_near(joints, i, j))
			break;
		for (from = near - LONG_EDGE; from <= near + LONG_EDGE; from++)
			for (to = far - LONG_EDGE; to <= far + LONG_EDGE; to++)
				if (from < to)
					check_read(wc, from, to - from);
	}
}

static void check_long_reads(struct rule_run *run, struct window_check *wc,
			     const struct joints *joints)
{
	size_t i;

	for (i = 1; i < joints->nr && !are_near(joints, i - 1, i); i++)
		;
	if (i >= joints->nr) {
		rule_skip(run, "reads over several joints",
			  "no two joints are near each other");
		return;
	}
	wc->check = rule_case(run, "reads over several joints");
	for (i = 0; i < joints->nr; i++)
		check_long_reads_from(wc, joints, i);
}

static void expect_read(struct window_check *wc, uint64_t offset, size_t len,
			ssize_t expected)
{
	ssize_t got = pread(wc->fd, wc->got, len, offset);

	wc->check->checked++;
	if (got < 0)
		got = -errno;
	if (got != expected)
		check_fail(wc->check, "pagemap, read of %zu bytes at offset 0x%" PRIx64 ": gave %zd, expected %zd",
			   len, offset, got, expected);
}

/* Only whole entries can be read: Documentation/admin-guide/mm/pagemap.rst. */
static void check_odd_reads(struct rule_run *run, struct window_check *wc)
{
	uint64_t offset = wc->layout->base / PAGE_SIZE * ENTRY;
	uint64_t i, j;

	wc->check = rule_case(run, "parts of entries");
	for (i = 0; i < ENTRY; i++)
		for (j = 0; j < ENTRY; j++)
			if (i || j)
				expect_read(wc, offset + i, 4 * ENTRY + j,
					    -EINVAL);
	expect_read(wc, offset, 0, 0);
	expect_read(wc, UINT64_C(1) << 62, ENTRY, 0);
}

static void check_pagemap_rule(struct rule_run *run)
{
	struct window_check wc = { 0 };
	struct check singly = { 0 }, *worst;
	struct subject subject;
	struct joints joints;
	size_t size, longest;

	joints_describe(&joints, run->probe);
	size = joints.layout.pages * ENTRY;
	if (size > SIZE_MAX_READ) {
		rule_skip(run, "all", "the layout has too many pages to read each");
		joints_free(&joints);
		return;
	}
	subject_start(&subject, &joints.layout, run->probe);
	longest = (8 * TABLE_PAGES + 4 * LONG_EDGE + GUARD) * ENTRY;
	wc.layout = &joints.layout;
	wc.fd = open_proc(subject.pid, "pagemap");
	wc.expected = map_populated(size);
	wc.got = map_populated(longest);
	check_singly(&wc, &singly);
	worst = rule_case(run, "entries of other pages");
	check_joints(run, &wc, &joints);
	check_long_reads(run, &wc, &joints);
	*worst = wc.stray;
	*rule_case(run, "one page") = singly;
	check_odd_reads(run, &wc);
	unmap_populated(wc.got, longest);
	unmap_populated(wc.expected, size);
	close(wc.fd);
	subject_stop(&subject);
	joints_free(&joints);
}

const struct rule rule_u1 = { "U1", "window", check_pagemap_rule };
