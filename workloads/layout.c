// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "layout.h"
#include "util.h"

const char *kind_name(enum kind kind)
{
	static const char * const names[] = {
		[KIND_HOLE] = "hole",
		[KIND_ANON] = "anon",
		[KIND_PFNMAP] = "pfnmap",
		[KIND_HUGETLB] = "hugetlb",
	};

	return names[kind];
}

uint64_t region_unit(const struct region *region)
{
	return region->kind == KIND_HUGETLB ? HUGE_PAGES : 1;
}

uint64_t region_populated(const struct region *region)
{
	uint64_t units = region->pages / region_unit(region);

	if (!region->step || region->first >= units)
		return 0;
	return (units - region->first + region->step - 1) / region->step;
}

static bool region_present(const struct region *region, uint64_t page)
{
	uint64_t unit = (page - region->start) / region_unit(region);

	return region->step && unit >= region->first &&
	       (unit - region->first) % region->step == 0;
}

void layout_hole(struct layout *layout, uint64_t pages)
{
	layout->pages += pages;
}

static void layout_refuse(const struct layout *layout, const char *why)
{
	die("layout %s, region %zu: %s", layout->name, layout->nr_regions, why);
}

static void check_region(const struct layout *layout,
			 const struct region *region)
{
	const struct region *last = layout->regions + layout->nr_regions - 1;

	if (!region->pages || region->pages % region_unit(region))
		layout_refuse(layout, "not a number of whole pages");
	if (region->kind == KIND_HUGETLB && region->start % HUGE_PAGES)
		layout_refuse(layout, "not aligned to a huge page");
	if (region->kind == KIND_PFNMAP && region->step)
		layout_refuse(layout, "PFNMAP is mapped throughout");
	if (layout->nr_regions && last->kind == region->kind &&
	    last->start + last->pages == region->start)
		layout_refuse(layout, "would merge with the one before it");
}

void layout_region(struct layout *layout, enum kind kind, uint64_t pages,
		   uint64_t first, uint64_t step)
{
	struct region region = {
		.kind = kind,
		.start = layout->pages,
		.pages = pages,
		.first = first,
		.step = step,
	};

	check_region(layout, &region);
	layout->regions = xrealloc(layout->regions, layout->nr_regions + 1,
				   sizeof(region));
	layout->regions[layout->nr_regions++] = region;
	layout->pages += pages;
}

void layout_free(struct layout *layout)
{
	free(layout->regions);
	*layout = (struct layout){ 0 };
}

/* The first region that ends after @page, or the number of regions. */
static size_t region_after(const struct layout *layout, uint64_t page)
{
	size_t low = 0, high = layout->nr_regions, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (layout->regions[mid].start + layout->regions[mid].pages <= page)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct truth layout_at(const struct layout *layout, uint64_t page)
{
	size_t i = region_after(layout, page);
	const struct region *region = layout->regions + i;

	if (i == layout->nr_regions || page < region->start)
		return (struct truth){ .kind = KIND_HOLE };
	return (struct truth){
		.kind = region->kind,
		.region = region,
		.present = region_present(region, page),
	};
}

/*
 * PTE tables that the pages of a region need, except the one numbered *@last,
 * which an earlier region has; *@last becomes the last one.
 */
static uint64_t region_tables(const struct layout *layout,
			      const struct region *region, uint64_t *last)
{
	uint64_t first = layout->base / PAGE_SIZE + region->start;
	uint64_t page, step = region->step, tables = 0;

	if (region->kind == KIND_HUGETLB)
		return 0;
	if (region->kind == KIND_PFNMAP)
		step = 1;
	for (page = region->first; step && page < region->pages; page += step) {
		uint64_t table = (first + page) / TABLE_PAGES;

		tables += table != *last;
		*last = table;
	}
	return tables;
}

struct layout_stats layout_stats(const struct layout *layout)
{
	struct layout_stats stats = { 0 };
	uint64_t last = UINT64_MAX;
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		stats.tables += region_tables(layout, region, &last);
		if (region->kind == KIND_HUGETLB)
			stats.huge += region_populated(region);
		else
			stats.present += region_populated(region);
	}
	return stats;
}

uint64_t layout_address(const struct layout *layout, uint64_t page)
{
	return layout->base + page * PAGE_SIZE;
}

uint64_t layout_end(const struct layout *layout)
{
	return layout_address(layout, layout->pages);
}
