// SPDX-License-Identifier: GPL-2.0
/*
 * A wrong entry is described as a reader of pagemap meets it: the page, what is
 * there, and what the file says of it. If the entry belongs to another page,
 * that page is named, too.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "truth/check.h"
#include "truth/describe.h"
#include "truth/page.h"

/* Pages in one read; one read covers every layout but the largest. */
#define WINDOW		(UINT64_C(1) << 20)

/* Look so far behind a page for the owner of its entry. */
#define SEARCH		UINT64_C(16384)

/* Pages before and behind a region that are read singly, too. */
#define NEAR		UINT64_C(3)

/* PFNs up to this may be used only once. */
#define MAX_PFN		(UINT64_C(1) << 24)

struct pagemap_check {
	struct check *check;
	const struct layout *layout;
	const char *how;	/* "read of 16402 pages" */
	int fd;
	uint64_t first;		/* page of entries[0] */
	uint64_t *entries;
	uint8_t *used;		/* a bit for each PFN */
	uint8_t *slots;		/* a bit for each place of swap space */
	uint64_t huge;		/* address of the huge page that is being checked... */
	uint64_t huge_pfn;	/* ...and its PFN */
	uint64_t zero_pfn;	/* PFN of the zero page, once it was seen */
};

/* Find the later page whose entry is @entry, by reads of one page; or 0. */
static uint64_t find_owner(const struct pagemap_check *pc, uint64_t page,
			   uint64_t entry)
{
	static uint64_t singly[SEARCH];
	uint64_t i;

	if (!(entry & PM_PRESENT))
		return 0;
	for (i = 0; i < SEARCH; i++)
		singly[i] = PM_UNTOUCHED;
	if (pagemap_read_singly(pc->fd, layout_address(pc->layout, page),
				singly, SEARCH))
		return 0;
	for (i = 1; i < SEARCH; i++)
		if (singly[i] == entry)
			return page + i;
	return 0;
}

static void entry_fail(struct pagemap_check *pc, uint64_t page,
		       const char *expected)
{
	uint64_t entry = pc->entries[page - pc->first], owner;
	struct truth truth = layout_at(pc->layout, page);
	char got[100], whose[100] = "";

	/* Only the first fault is shown; a search for the owner takes time. */
	owner = check_ok(pc->check) ? find_owner(pc, page, entry) : 0;
	if (owner) {
		struct truth other = layout_at(pc->layout, owner);

		snprintf(whose, sizeof(whose), ", the entry of page 0x%" PRIx64 " (%s)",
			 layout_address(pc->layout, owner), truth_name(&other));
	}
	describe_entry(got, sizeof(got), entry);
	check_fail(pc->check, "pagemap, %s: page 0x%" PRIx64 " (%s) got %s%s; expected %s",
		   pc->how, layout_address(pc->layout, page),
		   truth_name(&truth), got, whose, expected);
}

/* No other process has this page, so no PFN may come twice. */
static bool is_new(uint8_t *used, uint64_t pfn)
{
	uint8_t bit = 1 << pfn % 8;
	bool found;

	if (!pfn || pfn >= MAX_PFN)
		return false;
	found = used[pfn / 8] & bit;
	used[pfn / 8] |= bit;
	return !found;
}

/* Return how many pages the huge page has that a page lies in, or 0. */
static uint64_t huge_pages(const struct truth *truth)
{
	if (memory_is(truth->memory, BACKING_HUGETLB))
		return region_unit(truth->region);
	return truth->thp ? HUGE_PAGES : 0;
}

/*
 * The pages of a huge page lie in a row, from a multiple of its size on. All
 * kinds of huge pages are aligned, but the first page may have been given back.
 */
static bool huge_pfn_follows(struct pagemap_check *pc, uint64_t page,
			     uint64_t pfn, uint64_t pages)
{
	uint64_t address = layout_address(pc->layout, page);
	uint64_t inside = address / PAGE_SIZE % pages;

	if (address - inside * PAGE_SIZE != pc->huge) {
		pc->huge = address - inside * PAGE_SIZE;
		pc->huge_pfn = pfn - inside;
	}
	return pc->huge_pfn % pages == 0 && pfn == pc->huge_pfn + inside;
}

/* Which memory is there, where that is known: no two pages have the same. */
static void check_pfn(struct pagemap_check *pc, const struct truth *truth,
		      uint64_t page, uint64_t entry)
{
	uint64_t pfn = entry & PM_PFN;

	if (page_entry(truth) & PM_SWAP && !is_new(pc->slots, pfn))
		entry_fail(pc, page, "a place of swap space that no other page has");
	if (!(page_entry(truth) & PM_EXCLUSIVE))
		return;
	if (!is_new(pc->used, pfn))
		entry_fail(pc, page, "a PFN that no other page has");
	else if (huge_pages(truth) &&
		 !huge_pfn_follows(pc, page, pfn, huge_pages(truth)))
		entry_fail(pc, page, "the next PFN of the huge page");
}

/* There is one zero page, which all processes share. */
static void check_zero(struct pagemap_check *pc, uint64_t page, uint64_t entry)
{
	uint64_t pfn = entry & PM_PFN;

	if (!pc->zero_pfn)
		pc->zero_pfn = pfn;
	if (!pfn || pfn != pc->zero_pfn)
		entry_fail(pc, page, "the PFN of the zero page");
}

static const char *expected_text(uint64_t expected)
{
	static char text[40];

	if (!expected)
		return "an empty entry";
	if (expected == PM_SWAP)
		return "swapped";
	snprintf(text, sizeof(text), "present%s%s%s",
		 expected & PM_FILE ? " file" : "",
		 expected & PM_EXCLUSIVE ? " exclusive" : "",
		 expected & PM_UFFD_WP ? " protected" : "");
	return text;
}

static void check_entry(struct pagemap_check *pc, uint64_t page)
{
	uint64_t entry = pc->entries[page - pc->first], expected;
	struct truth truth = layout_at(pc->layout, page);

	if (!page_is_known(&truth))
		return;
	pc->check->checked++;
	expected = page_entry(&truth);
	if ((entry & ~PM_PFN & ~PM_SOFT_DIRTY) != expected)
		entry_fail(pc, page, expected_text(expected));
	else if (page_is_zero(&truth))
		check_zero(pc, page, entry);
	else if (expected)
		check_pfn(pc, &truth, page, entry);
}

static void check_entries(struct pagemap_check *pc, uint64_t pages)
{
	uint64_t i;

	for (i = 0; i < pages; i++)
		check_entry(pc, pc->first + i);
}

static void forget_entries(struct pagemap_check *pc, uint64_t pages)
{
	uint64_t i;

	for (i = 0; i < pages; i++)
		pc->entries[i] = PM_UNTOUCHED;
}

static void check_window(struct pagemap_check *pc, uint64_t pages)
{
	uint64_t start = layout_address(pc->layout, pc->first);
	char how[40];
	int64_t got;

	snprintf(how, sizeof(how), "read of %" PRIu64 " pages", pages);
	pc->how = how;
	forget_entries(pc, pages);
	got = pagemap_read(pc->fd, start, pc->entries, pages);
	if (got < 0) {
		check_fail(pc->check, "pagemap, %s at 0x%" PRIx64 ": %s", how,
			   start, strerror(-got));
		return;
	}
	check_entries(pc, pages);
	pc->check->checked++;
	if ((uint64_t)got != pages)
		check_fail(pc->check, "pagemap, %s at 0x%" PRIx64 ": gave %" PRId64 " entries",
			   how, start, got);
}

static void pagemap_check_begin(struct pagemap_check *pc, struct check *check,
				const struct subject *subject)
{
	*pc = (struct pagemap_check){
		.check = check,
		.layout = subject->layout,
		.fd = open_proc(subject->pid, "pagemap"),
		.entries = map_populated(WINDOW * sizeof(uint64_t)),
		.used = xcalloc(MAX_PFN / 8, 1),
		.slots = xcalloc(MAX_PFN / 8, 1),
	};
}

static void pagemap_check_end(struct pagemap_check *pc)
{
	unmap_populated(pc->entries, WINDOW * sizeof(uint64_t));
	free(pc->used);
	free(pc->slots);
	close(pc->fd);
}

void check_pagemap(struct check *check, const struct subject *subject)
{
	struct pagemap_check pc;
	uint64_t pages;

	pagemap_check_begin(&pc, check, subject);
	for (; pc.first < pc.layout->pages; pc.first += pages) {
		pages = min_u64(pc.layout->pages - pc.first, WINDOW);
		check_window(&pc, pages);
	}
	pagemap_check_end(&pc);
}

static void check_singly(struct pagemap_check *pc, uint64_t pages)
{
	uint64_t start = layout_address(pc->layout, pc->first);
	int err;

	forget_entries(pc, pages);
	err = pagemap_read_singly(pc->fd, start, pc->entries, pages);
	if (err)
		check_fail(pc->check, "pagemap, reads of one page from 0x%" PRIx64 " on: %s",
			   start, strerror(-err));
	else
		check_entries(pc, pages);
}

/* Check a region and the pages near it, except those that were checked. */
static void check_near_region(struct pagemap_check *pc,
			      const struct region *region)
{
	uint64_t from = region->start > NEAR ? region->start - NEAR : 0;
	uint64_t to = min_u64(region->start + region->pages + NEAR,
			    pc->layout->pages);
	uint64_t pages;

	if (pc->first < from)
		pc->first = from;
	for (; pc->first < to; pc->first += pages) {
		pages = min_u64(to - pc->first, WINDOW);
		check_singly(pc, pages);
	}
}

void check_pagemap_page(struct check *check, const struct subject *subject)
{
	struct pagemap_check pc;
	size_t i;

	pagemap_check_begin(&pc, check, subject);
	pc.how = "read of one page";
	for (i = 0; i < pc.layout->nr_regions; i++)
		check_near_region(&pc, pc.layout->regions + i);
	pagemap_check_end(&pc);
}
