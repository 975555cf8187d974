// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "kernel/util.h"
#include "out/records.h"
#include "space/layout.h"

const char *kind_name(enum kind kind)
{
	static const char * const names[] = {
		[KIND_HOLE] = "hole",
		[KIND_ANON] = "anon",
		[KIND_PFNMAP] = "pfnmap",
		[KIND_HUGETLB] = "hugetlb",
		[KIND_PFNMAP_COW] = "copied pfnmap",
		[KIND_PFNMAP_FAULT] = "faulted pfnmap",
		[KIND_MIXEDMAP] = "mixedmap",
		[KIND_POISONED] = "poisoned",
		[KIND_ZERO] = "zero",
	};

	return names[kind];
}

bool kind_is_pfnmap(enum kind kind)
{
	return kind == KIND_PFNMAP || kind == KIND_PFNMAP_COW ||
	       kind == KIND_PFNMAP_FAULT;
}

/* remap_pfn_range() maps all of a VMA when it is made. */
static bool kind_is_mapped_throughout(enum kind kind)
{
	return kind == KIND_PFNMAP || kind == KIND_PFNMAP_COW;
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

	if (kind_is_mapped_throughout(region->kind))
		return true;
	if (region->kind == KIND_POISONED)
		return false;
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

/* Equal anonymous neighbours are one VMA to the kernel. All others stay apart. */
static bool would_merge(const struct layout *layout,
			const struct region *region)
{
	const struct region *last;

	if (!layout->nr_regions)
		return false;
	last = layout->regions + layout->nr_regions - 1;
	return (region->kind == KIND_ANON || region->kind == KIND_ZERO) &&
	       region->kind == last->kind &&
	       last->start + last->pages == region->start;
}

static void check_region(const struct layout *layout,
			 const struct region *region)
{
	if (!region->pages || region->pages % region_unit(region))
		layout_refuse(layout, "not a number of whole pages");
	if (region->kind == KIND_HUGETLB && region->start % HUGE_PAGES)
		layout_refuse(layout, "not aligned to a huge page");
	if (region->kind == KIND_PFNMAP && region->step)
		layout_refuse(layout, "PFNMAP is mapped throughout");
	if (region->kind == KIND_PFNMAP_COW && region->pages > HUGE_PAGES)
		layout_refuse(layout, "copied PFNMAP is of 2 MiB at most");
	if (would_merge(layout, region))
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

/* Are any of the pages numbered [from, to) of the layout populated? */
static bool region_maps(const struct region *region, uint64_t from, uint64_t to)
{
	uint64_t unit = region_unit(region), next = region->first;

	if (kind_is_mapped_throughout(region->kind))
		return true;
	if (!region->step)
		return false;
	from = from > region->start ? (from - region->start) / unit : 0;
	to = min_u64(to - region->start, region->pages);
	if (from > next)
		next += (from - next + region->step - 1) / region->step *
			region->step;
	return next * unit < to;
}

/* Tables are numbered as the kernel cuts them: by address. */
static uint64_t table_of(const struct layout *layout, uint64_t page)
{
	return (layout->base / PAGE_SIZE + page) / TABLE_PAGES;
}

static uint64_t table_start(const struct layout *layout, uint64_t table)
{
	uint64_t base = layout->base / PAGE_SIZE;

	return table * TABLE_PAGES > base ? table * TABLE_PAGES - base : 0;
}

/* Does a PTE, or a huge page, map anything among the pages [from, to)? */
static bool is_mapped(const struct layout *layout, uint64_t from, uint64_t to,
		      bool huge)
{
	size_t i;

	for (i = region_after(layout, from); i < layout->nr_regions &&
	     layout->regions[i].start < to; i++) {
		const struct region *region = layout->regions + i;

		if ((huge || region->kind != KIND_HUGETLB) &&
		    region_maps(region, from, to))
			return true;
	}
	return false;
}

static bool table_exists(const struct layout *layout, uint64_t table)
{
	return is_mapped(layout, table_start(layout, table),
			 table_start(layout, table + 1), false);
}

int layout_missing_level(const struct layout *layout, uint64_t page)
{
	uint64_t table = table_of(layout, page), tables = TOP_PAGES / TABLE_PAGES;
	uint64_t top = table / tables * tables;

	if (!is_mapped(layout, table_start(layout, top),
		       table_start(layout, top + tables), true))
		return LEVEL_TOP;
	if (!is_mapped(layout, table_start(layout, table),
		       table_start(layout, table + 1), true))
		return LEVEL_PTE_TABLE;
	return LEVEL_NONE;
}

uint64_t region_reached(const struct layout *layout,
			const struct region *region)
{
	uint64_t end = region->start + region->pages;
	uint64_t page, next, reached = 0;

	for (page = region->start; page < end; page = next) {
		uint64_t table = table_of(layout, page);

		next = min_u64(table_start(layout, table + 1), end);
		if (table_exists(layout, table))
			reached += next - page;
	}
	return reached;
}

/* The PTE tables of a region, but for *@last, which is told afterwards. */
static uint64_t region_tables(const struct layout *layout,
			      const struct region *region, uint64_t *last)
{
	uint64_t table = table_of(layout, region->start), tables = 0;
	uint64_t end = table_of(layout, region->start + region->pages - 1);

	for (; table <= end; table++) {
		if (table == *last || !table_exists(layout, table))
			continue;
		tables++;
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

void layout_record(const struct layout *layout)
{
	struct layout_stats stats = layout_stats(layout);

	record_layout(&(struct layout_record){
		.layout = layout->name,
		.pages = layout->pages,
		.present = stats.present,
		.vmas = layout->nr_regions,
		.huge = stats.huge,
		.tables = stats.tables,
	});
}

uint64_t layout_address(const struct layout *layout, uint64_t page)
{
	return layout->base + page * PAGE_SIZE;
}

uint64_t layout_end(const struct layout *layout)
{
	return layout_address(layout, layout->pages);
}
