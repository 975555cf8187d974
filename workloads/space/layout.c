// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <sys/mman.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "space/layout.h"

#define RW	(PROT_READ | PROT_WRITE)

#define WOULD_MERGE	"would merge with the one before it, without a hole or another kind between"

const struct memory mem_anon = { "anon", BACKING_ANON, .prot = RW };
const struct memory mem_anon_apart = {
	"anon", BACKING_ANON, .prot = RW, .apart = true
};
const struct memory mem_thp = {
	"thp", BACKING_ANON, .prot = RW, .thp = true
};
const struct memory mem_zero = {
	"zero", BACKING_ANON, .prot = PROT_READ, .content = CONTENT_READ
};
const struct memory mem_poisoned = {
	"poisoned", BACKING_ANON, .prot = RW, .content = CONTENT_POISON
};
const struct memory mem_hugetlb = { "hugetlb", BACKING_HUGETLB, .prot = RW };
const struct memory mem_hugetlb_shared = {
	"shared hugetlb", BACKING_HUGETLB, .prot = RW, .shared = true
};
const struct memory mem_file = { "private file", BACKING_FILE, .prot = RW };
const struct memory mem_file_shared = {
	"shared file", BACKING_FILE, .prot = RW, .shared = true
};
const struct memory mem_pfnmap = {
	"pfnmap", BACKING_PFNMAP, .prot = RW, .shared = true
};
const struct memory mem_pfnmap_cow = {
	"copied pfnmap", BACKING_PFNMAP, .prot = RW
};
const struct memory mem_pfnmap_fault = {
	"faulted pfnmap", BACKING_PFNMAP_FAULT, .prot = RW, .shared = true
};
const struct memory mem_mixedmap = {
	"mixedmap", BACKING_MIXEDMAP, .prot = RW, .shared = true
};

bool memory_is(const struct memory *memory, enum backing backing)
{
	return memory && memory->backing == backing;
}

bool memory_is_pfnmap(const struct memory *memory)
{
	return memory_is(memory, BACKING_PFNMAP) ||
	       memory_is(memory, BACKING_PFNMAP_FAULT);
}

bool memory_is_written(const struct memory *memory)
{
	return memory->content != CONTENT_READ &&
	       memory->content != CONTENT_POISON;
}

bool memory_is_of_probe(const struct memory *memory)
{
	return memory_is_pfnmap(memory) ||
	       memory_is(memory, BACKING_MIXEDMAP);
}

/* With rights that no other has, so that it is a VMA of its own. */
const struct memory *memory_there(const struct memory *memory, int probe)
{
	static const struct memory unusable = {
		"unusable", BACKING_ANON, .prot = PROT_EXEC
	};

	return probe == NO_PROBE && memory_is_of_probe(memory) ? &unusable :
								 memory;
}

static uint64_t memory_unit(const struct memory *memory)
{
	if (!memory_is(memory, BACKING_HUGETLB))
		return 1;
	return memory->gigantic ? GIGANTIC_PAGES : HUGE_PAGES;
}

uint64_t region_unit(const struct region *region)
{
	return memory_unit(region->memory);
}

static uint64_t count(const struct range *ranges, size_t nr)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < nr; i++)
		n += (ranges[i].end - ranges[i].first + ranges[i].step - 1) /
		     ranges[i].step;
	return n;
}

uint64_t region_populated(const struct region *region)
{
	return count(region->ranges, region->nr_ranges);
}

uint64_t region_copied(const struct region *region)
{
	return count(region->copied, region->nr_copied);
}

bool region_is_full(const struct region *region)
{
	return region->nr_ranges == 1 && region->ranges->step == 1 &&
	       region_populated(region) * region_unit(region) == region->pages;
}

bool region_is_reserved(const struct region *region)
{
	return region->memory->reserved ||
	       (memory_is(region->memory, BACKING_HUGETLB) &&
		region_is_full(region));
}

static bool is_in(const struct range *ranges, size_t nr, uint64_t unit)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct range *range = ranges + i;

		if (unit >= range->first && unit < range->end &&
		    (unit - range->first) % range->step == 0)
			return true;
	}
	return false;
}

static bool is_populated(const struct region *region, uint64_t unit)
{
	/* remap_pfn_range() maps all of a VMA when it is made. */
	return region->memory->backing == BACKING_PFNMAP ||
	       is_in(region->ranges, region->nr_ranges, unit);
}

void layout_hole(struct layout *layout, uint64_t pages)
{
	layout->pages += pages;
}

/* To the kernel, they are one VMA if they lie side by side. */
static bool are_one(const struct memory *a, const struct memory *b)
{
	return memory_is(a, BACKING_ANON) && memory_is(b, BACKING_ANON) &&
	       a->prot == b->prot && a->apart == b->apart &&
	       a->lock == b->lock && a->grows == b->grows && a->thp == b->thp;
}

/* The memory that ends where the next region begins, or NULL. */
static const struct memory *neighbour(const struct layout *layout)
{
	const struct region *last;

	if (!layout->nr_regions)
		return NULL;
	last = layout->regions + layout->nr_regions - 1;
	return last->start + last->pages == layout->pages ? last->memory : NULL;
}

/* What makes two VMAs of memory that is not the same is the caller's business. */
static const char *impossible(const struct layout *layout,
			      const struct memory *memory, uint64_t pages)
{
	if (!pages || pages % memory_unit(memory))
		return memory->gigantic ?
		       "not a number of whole pages, of 1 GiB with page=1g" :
		       "not a number of whole pages, of 2 MiB for hugetlb";
	if (layout->pages % memory_unit(memory))
		return memory->gigantic ?
		       "not aligned to a huge page, which is of 1 GiB" :
		       "not aligned to a huge page, which is of 2 MiB";
	if (memory == &mem_pfnmap_cow && pages > HUGE_PAGES)
		return "copied PFNMAP is of 2 MiB at most";
	if (memory_is(memory, BACKING_ANON) && memory == neighbour(layout))
		return WOULD_MERGE;
	return NULL;
}

const char *layout_cannot(const struct layout *layout,
			  const struct memory *memory, uint64_t pages)
{
	const char *why = impossible(layout, memory, pages);

	if (!why && are_one(memory, neighbour(layout)))
		why = WOULD_MERGE;
	return why;
}

struct region *layout_vma(struct layout *layout, const struct memory *memory,
			  uint64_t pages)
{
	const char *why = impossible(layout, memory, pages);
	struct region *region;

	if (why)
		die("layout %s, region %zu: %s", layout->name,
		    layout->nr_regions, why);
	layout->regions = xrealloc(layout->regions, layout->nr_regions + 1,
				   sizeof(*region));
	region = layout->regions + layout->nr_regions++;
	*region = (struct region){
		.memory = memory,
		.start = layout->pages,
		.pages = pages,
		.file = NO_FILE,
	};
	layout->pages += pages;
	return region;
}

struct region *layout_vma_at(struct layout *layout, uint64_t start,
			     const struct memory *memory, uint64_t pages)
{
	layout_hole(layout, start - layout->pages);
	return layout_vma(layout, memory, pages);
}

static void add_range(struct range **ranges, size_t *nr, struct range new)
{
	if (!new.step || new.first >= new.end)
		return;
	*ranges = xrealloc(*ranges, *nr + 1, sizeof(**ranges));
	(*ranges)[(*nr)++] = new;
}

void region_populate(struct region *region, uint64_t first, uint64_t end,
		     uint64_t step)
{
	add_range(&region->ranges, &region->nr_ranges,
		  (struct range){ first, end, step });
}

void region_drop(struct region *region, uint64_t first, uint64_t end,
		 uint64_t step)
{
	add_range(&region->dropped, &region->nr_dropped,
		  (struct range){ first, end, step });
}

void region_copy(struct region *region, uint64_t first, uint64_t end,
		 uint64_t step)
{
	add_range(&region->copied, &region->nr_copied,
		  (struct range){ first, end, step });
}

void layout_region(struct layout *layout, const struct memory *memory,
		   uint64_t pages, uint64_t first, uint64_t step)
{
	struct region *region = layout_vma(layout, memory, pages);

	region_populate(region, first, pages / region_unit(region), step);
}

void layout_free(struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		free(layout->regions[i].ranges);
		free(layout->regions[i].dropped);
		free(layout->regions[i].copied);
	}
	free(layout->regions);
	*layout = (struct layout){ 0 };
}

void layout_append(struct layout *layout, const struct layout *other)
{
	uint64_t start = (layout->pages + TOP_PAGES - 1) / TOP_PAGES * TOP_PAGES;
	size_t i, r;

	for (i = 0; i < other->nr_regions; i++) {
		const struct region *from = other->regions + i;
		struct region *to = layout_vma_at(layout, start + from->start,
						  from->memory, from->pages);

		for (r = 0; r < from->nr_ranges; r++)
			region_populate(to, from->ranges[r].first,
					from->ranges[r].end,
					from->ranges[r].step);
		for (r = 0; r < from->nr_dropped; r++)
			region_drop(to, from->dropped[r].first,
				    from->dropped[r].end,
				    from->dropped[r].step);
		for (r = 0; r < from->nr_copied; r++)
			region_copy(to, from->copied[r].first,
				    from->copied[r].end, from->copied[r].step);
	}
	layout_hole(layout, start + other->pages - layout->pages);
}

/* Return the first region that ends after @page, or the number of regions. */
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

/* Return how many pages of some ranges are among [from, to). */
static uint64_t count_among(const struct range *ranges, size_t nr,
			    uint64_t from, uint64_t to)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		struct range part = ranges[i];

		part.end = min_u64(part.end, to);
		if (part.first < from)
			part.first += (from - part.first + part.step - 1) /
				      part.step * part.step;
		if (part.first < part.end)
			n += count(&part, 1);
	}
	return n;
}

/* Tell what there is in the 2 MiB that have @page. */
static enum thp thp_at(const struct layout *layout, const struct region *region,
		       uint64_t page)
{
	uint64_t table = table_of(layout, page), kept, dropped;
	uint64_t from = table_start(layout, table);
	uint64_t to = table_start(layout, table + 1);

	if (!region->memory->thp || from < region->start ||
	    to > region->start + region->pages)
		return THP_NONE;
	from -= region->start;
	to -= region->start;
	kept = count_among(region->ranges, region->nr_ranges, from, to);
	dropped = count_among(region->dropped, region->nr_dropped, from, to);
	if (!kept || kept + dropped < TABLE_PAGES)
		return THP_NONE;
	return dropped ? THP_PART : THP_WHOLE;
}

uint64_t layout_next_thp(const struct layout *layout, uint64_t page,
			 uint64_t end)
{
	uint64_t table = table_of(layout, page);

	for (page = table_start(layout, table); page < end;
	     page = table_start(layout, ++table)) {
		size_t i = region_after(layout, page);
		const struct region *region = layout->regions + i;

		if (i == layout->nr_regions)
			return end;
		if (thp_at(layout, region, page))
			return page;
		if (table < table_of(layout, region->start))
			table = table_of(layout, region->start) - 1;
	}
	return end;
}

uint64_t layout_mixedmaps(const struct layout *layout)
{
	uint64_t vmas = 0;
	size_t i;

	for (i = 0; i < layout->nr_regions; i++)
		vmas += memory_is(layout->regions[i].memory,
				  BACKING_MIXEDMAP);
	return vmas;
}

struct truth layout_at(const struct layout *layout, uint64_t page)
{
	size_t i = region_after(layout, page);
	const struct region *region = layout->regions + i;
	enum content content;
	uint64_t unit;
	bool populated;

	if (i == layout->nr_regions || page < region->start)
		return (struct truth){ 0 };
	content = region->memory->content;
	unit = (page - region->start) / region_unit(region);
	populated = is_populated(region, unit);
	return (struct truth){
		.memory = region->memory,
		.region = region,
		.present = populated && content != CONTENT_POISON &&
			   content != CONTENT_SWAPPED,
		.swapped = populated && content == CONTENT_SWAPPED,
		.copied = is_in(region->copied, region->nr_copied, unit),
		.repeated = memory_is(region->memory, BACKING_MIXEDMAP) &&
			    layout_mixedmaps(layout) > 1,
		.thp = thp_at(layout, region, page),
	};
}

uint64_t layout_until(const struct layout *layout, uint64_t page)
{
	size_t i = region_after(layout, page);
	const struct region *region = layout->regions + i;

	if (i == layout->nr_regions)
		return layout->pages;
	return page < region->start ? region->start :
				      region->start + region->pages;
}

static bool any_memory(const struct layout *layout,
		       bool (*is)(const struct memory *memory))
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++)
		if (is(layout->regions[i].memory))
			return true;
	return false;
}

bool layout_is_of_probe(const struct layout *layout)
{
	return any_memory(layout, memory_is_of_probe);
}

bool thp_can_be_made(const struct truth *truth)
{
	return truth->thp == THP_WHOLE &&
	       truth->memory->content != CONTENT_FORKED;
}

bool layout_has(const struct layout *layout, enum content content)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++)
		if (layout->regions[i].memory->content == content)
			return true;
	return false;
}

static bool is_thp(const struct memory *memory)
{
	return memory->thp;
}

bool layout_needs_thp(const struct layout *layout)
{
	return any_memory(layout, is_thp);
}

static bool is_gigantic(const struct memory *memory)
{
	return memory->gigantic;
}

bool layout_needs_gigantic(const struct layout *layout)
{
	return any_memory(layout, is_gigantic);
}

/* Does a range of units of @size pages begin one in the pages [from, to)? */
static bool range_maps(const struct range *range, uint64_t size, uint64_t from,
		       uint64_t to)
{
	uint64_t next = range->first;

	from /= size;
	if (from > next)
		next += (from - next + range->step - 1) / range->step *
			range->step;
	return next < range->end && next * size < to;
}

/*
 * Are any of the pages numbered [from, to) of the layout populated, or were they?
 * A page table stays when its pages are given back. That of a huge page is above
 * it, so it does not stay for a single one.
 */
static bool region_maps(const struct region *region, uint64_t from, uint64_t to)
{
	uint64_t start = region->start, size = region_unit(region);
	bool stays = size == 1 || to - from > size;
	size_t i;

	if (region->memory->backing == BACKING_PFNMAP)
		return true;
	from = from > start ? from - start : 0;
	for (i = 0; i < region->nr_ranges; i++)
		if (range_maps(region->ranges + i, size, from, to - start))
			return true;
	for (i = 0; stays && i < region->nr_dropped; i++)
		if (range_maps(region->dropped + i, size, from, to - start))
			return true;
	return false;
}

/* Does a PTE or a huge page map any of the pages [from, to)? */
static bool is_mapped(const struct layout *layout, uint64_t from, uint64_t to,
		      bool huge)
{
	size_t i;

	for (i = region_after(layout, from); i < layout->nr_regions &&
	     layout->regions[i].start < to; i++) {
		const struct region *region = layout->regions + i;

		if ((huge || !memory_is(region->memory, BACKING_HUGETLB)) &&
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

/* Count the PTE tables of a region, except *@last, which is set afterwards. */
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

uint64_t layout_longest_stretch(const struct layout *layout, uint64_t *pages)
{
	uint64_t start = 0, end = 0, longest = 0;
	size_t i;

	*pages = 0;
	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (region->start != end)
			start = region->start;
		end = region->start + region->pages;
		if (end - start <= *pages)
			continue;
		longest = start;
		*pages = end - start;
	}
	return longest;
}

struct layout_stats layout_stats(const struct layout *layout)
{
	struct layout_stats stats = { 0 };
	uint64_t last = UINT64_MAX;
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		stats.tables += region_tables(layout, region, &last);
		if (memory_is(region->memory, BACKING_HUGETLB))
			stats.huge += region_populated(region);
		else
			stats.present += region_populated(region);
		if (region->memory->gigantic)
			stats.gigantic += region_populated(region);
	}
	return stats;
}

/* Return how many huge pages a hugetlb region takes. */
static uint64_t region_pool(const struct region *region)
{
	return region->memory->reserved ? region->pages / region_unit(region) :
	       region_populated(region) +
	       count(region->dropped, region->nr_dropped);
}

static uint64_t pool_of(const struct layout *layout, uint64_t unit)
{
	uint64_t huge = 0;
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (memory_is(region->memory, BACKING_HUGETLB) &&
		    region_unit(region) == unit)
			huge += region_pool(region);
	}
	return huge;
}

uint64_t layout_pool(const struct layout *layout)
{
	return pool_of(layout, HUGE_PAGES);
}

uint64_t layout_gigantic_pool(const struct layout *layout)
{
	return pool_of(layout, GIGANTIC_PAGES);
}

uint64_t layout_address(const struct layout *layout, uint64_t page)
{
	return layout->base + page * PAGE_SIZE;
}

uint64_t layout_end(const struct layout *layout)
{
	return layout_address(layout, layout->pages);
}
