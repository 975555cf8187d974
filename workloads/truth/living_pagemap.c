// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "truth/living.h"

#define HUGE_SIZE	(HUGE_PAGES * PAGE_SIZE)

static void check_kind(struct check *check, const struct living *living,
		       const struct living_page *page, uint64_t entry)
{
	const struct map *map = page->map;

	check->checked++;
	if (entry & PM_SWAP)
		check_fail(check, "pagemap, page 0x%" PRIx64 ": 0x%" PRIx64 " is swapped, but there is no swap",
			   page->address, entry);
	else if (entry && map_is_guard(map))
		check_fail(check, "pagemap, page 0x%" PRIx64 " (%s): 0x%" PRIx64 " where nobody has access",
			   page->address, map->perms, entry);
	else if ((entry & PM_FILE) && map_is_anonymous(map))
		check_fail(check, "pagemap, page 0x%" PRIx64 ": 0x%" PRIx64 " is of a file, but the VMA has none",
			   page->address, entry);
	else if (entry && !(entry & PM_FILE) && living_keeps(living, map))
		check_fail(check, "pagemap, page 0x%" PRIx64 " (%s): 0x%" PRIx64 " is not of a file",
			   page->address, map->path, entry);
}

/* A huge page is there as a whole, and one page after the other. */
static void check_huge(struct check *check, const struct living *living,
		       const struct living_page *page, const uint64_t *entry)
{
	uint64_t first = (page->address - page->address % HUGE_SIZE -
			  living->start) / PAGE_SIZE;
	uint64_t at = (page->address - living->start) / PAGE_SIZE - first;
	uint64_t head = entry[-(int64_t)at];
	uint64_t expected = head ? head + at : 0;

	check->checked++;
	if (*entry != expected)
		check_fail(check, "pagemap, page 0x%" PRIx64 ": 0x%" PRIx64 ", expected 0x%" PRIx64 ", page %" PRIu64 " of the huge page that begins with 0x%" PRIx64,
			   page->address, *entry, expected, at, head);
}

static void check_entry(struct living *living, struct check *check,
			const struct living_page *page, const uint64_t *entry)
{
	if (page->gap) {
		check->checked++;
		if (*entry)
			check_fail(check, "pagemap, page 0x%" PRIx64 ": 0x%" PRIx64 ", but no VMA had it",
				   page->address, *entry);
	}
	if (!page->map)
		return;
	check_kind(check, living, page, *entry);
	if (job_has_huge(living->job, page->map))
		check_huge(check, living, page, entry);
	living_report(living, check, page, *entry & PM_PRESENT);
}

void living_check_pagemap(struct living *living, struct check *check,
			  const uint64_t *entries)
{
	struct living_at at = { 0 };
	struct living_page page;
	uint64_t i;

	for (i = 0; i < living->pages; i++) {
		page = living_page(living, living->start + i * PAGE_SIZE, &at);
		check_entry(living, check, &page, entries + i);
	}
	living_check_counts(living, check, "pagemap");
}
