// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "kernel/util.h"
#include "truth/living.h"

static void check_page(struct check *check, const struct living *living,
		       const struct living_page *page, uint64_t categories)
{
	const struct map *map = page->map;
	bool file = categories & SCAN_FILE, huge = categories & SCAN_HUGE;

	check->checked++;
	if (page->gap)
		check_fail(check, "PAGEMAP_SCAN, page 0x%" PRIx64 ": reported, but no VMA had it",
			   page->address);
	if (!map)
		return;
	if (map_is_guard(map))
		check_fail(check, "PAGEMAP_SCAN, page 0x%" PRIx64 " (%s): reported where nobody has access",
			   page->address, map->perms);
	else if (huge != job_has_huge(living->job, map))
		check_fail(check, "PAGEMAP_SCAN, page 0x%" PRIx64 " (%s): %shuge",
			   page->address, map->path, huge ? "" : "not ");
	else if (file && map_is_anonymous(map))
		check_fail(check, "PAGEMAP_SCAN, page 0x%" PRIx64 ": of a file, but the VMA has none",
			   page->address);
	else if (!file && living_keeps(living, map))
		check_fail(check, "PAGEMAP_SCAN, page 0x%" PRIx64 " (%s): not of a file",
			   page->address, map->path);
}

static void check_region(struct check *check, const struct living *living,
			 const struct scan_region *region, uint64_t from)
{
	uint64_t end = living->start + living->pages * PAGE_SIZE;

	check->checked++;
	if (region->start < from || region->start >= region->end ||
	    region->end > end)
		check_fail(check, "PAGEMAP_SCAN: region 0x%" PRIx64 "-0x%" PRIx64 " is not in 0x%" PRIx64 "-0x%" PRIx64,
			   region->start, region->end, from, end);
	else if (!(region->categories & SCAN_PRESENT) ||
		 region->categories & (SCAN_SWAPPED | SCAN_WRITTEN))
		check_fail(check, "PAGEMAP_SCAN: region 0x%" PRIx64 "-0x%" PRIx64 " has categories 0x%" PRIx64,
			   region->start, region->end, region->categories);
}

void living_check_scan(struct living *living, struct check *check,
		       const struct scan_region *regions, size_t nr)
{
	uint64_t address = living->start, i;
	const struct scan_region *region = regions, *last = regions + nr;
	struct living_at at = { 0 };
	struct living_page page;
	bool reported;

	for (i = 0; i < nr; i++)
		check_region(check, living, regions + i,
			     i ? regions[i - 1].end : living->start);
	for (i = 0; i < living->pages; i++, address += PAGE_SIZE) {
		page = living_page(living, address, &at);
		while (region < last && region->end <= address)
			region++;
		reported = region < last && region->start <= address;
		if (reported)
			check_page(check, living, &page, region->categories);
		living_report(living, check, &page, reported);
	}
	living_check_counts(living, check, "PAGEMAP_SCAN");
}
