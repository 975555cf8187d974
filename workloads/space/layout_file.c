// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "space/layout_file.h"
#include "space/layout_list.h"
#include "space/layout_mapping.h"

#define PLACED_MAX	200000	/* mappings, and holes */

struct build {
	struct layout *layout;
	struct layout_error *error;
	const struct mapping *mapping;
	uint64_t i;			/* the mapping's number in its section */
	size_t mixed;			/* the first VM_MIXEDMAP region, plus 1 */
	uint64_t touched, memory, chances, placed;
};

/* Note what is wrong with a key of this mapping, and which mapping it is. */
static void __attribute__((format(printf, 3, 4)))
wrong_mapping(struct build *build, enum layout_key key, const char *format, ...)
{
	const struct section *section = build->mapping->section;
	unsigned long line = section->of[key].line;
	char why[200];
	va_list args;
	int len = 0;

	if (build->i)
		len = snprintf(why, sizeof(why), "mapping %" PRIu64 " of [%s]: ",
			       build->i + 1, section->name);
	va_start(args, format);
	vsnprintf(why + len, sizeof(why) - len, format, args);
	va_end(args);
	layout_wrong(build->error, line ? line : section->line,
		     layout_key_names[key], "%s", why);
}

/* An integer that looks like chance: splitmix64. */
static uint64_t mixed(uint64_t n)
{
	n += UINT64_C(0x9e3779b97f4a7c15);
	n = (n ^ n >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	n = (n ^ n >> 27) * UINT64_C(0x94d049bb133111eb);
	return n ^ n >> 31;
}

static bool by_chance(uint64_t seed, uint64_t page, uint64_t density)
{
	return mixed(mixed(seed) + page) % 100 < density;
}

/* Return the first page of first, first + step, ... that is not below @page. */
static uint64_t next_of(uint64_t first, uint64_t step, uint64_t page)
{
	return page <= first ? first :
	       first + (page - first + step - 1) / step * step;
}

/* Populate a range for good, and have parts of it copied. */
static void put_kept(struct build *build, struct region *region,
		     uint64_t first, uint64_t end, uint64_t step)
{
	const struct spans *copy = &build->mapping->copy;
	size_t i;

	region_populate(region, first, end, step);
	for (i = 0; i < copy->nr; i++)
		region_copy(region, next_of(first, step, copy->of[i].first),
			    min_u64(copy->of[i].last + 1, end), step);
}

/* Populate a range, except what is given back again. */
static void put_range(struct build *build, struct region *region,
		      uint64_t first, uint64_t end, uint64_t step)
{
	const struct spans *drop = &build->mapping->drop;
	uint64_t from, to;
	size_t i;

	for (i = 0; i < drop->nr && first < end; i++) {
		from = next_of(first, step, drop->of[i].first);
		to = next_of(first, step, drop->of[i].last + 1);
		put_kept(build, region, first, min_u64(from, end), step);
		region_drop(region, from, min_u64(to, end), step);
		first = to;
	}
	put_kept(build, region, first, end, step);
}

/* Populate each of these pages by chance, neighbours as one range. */
static void populate_some(struct build *build, struct region *region,
			  uint64_t first, uint64_t end, uint64_t step,
			  uint64_t density)
{
	uint64_t seed = list_at(&build->mapping->seed, build->i);
	uint64_t page, from = end;

	build->chances += (end - first + step - 1) / step;
	if (build->chances > LAYOUT_CHANCES_MAX) {
		wrong_mapping(build, KEY_DENSITY, "too many pages by chance, at most %" PRIu64 " of a layout are allowed",
			      LAYOUT_CHANCES_MAX);
		return;
	}
	for (page = first; page < end; page += step) {
		if (by_chance(seed, page, density)) {
			from = from == end ? page : from;
			continue;
		}
		put_range(build, region, from, page, step);
		from = end;
	}
	put_range(build, region, from, end, step);
}

static void populate(struct build *build, struct region *region, uint64_t first,
		     uint64_t end)
{
	uint64_t units = region->pages / region_unit(region);
	uint64_t step = list_at(&build->mapping->every, build->i);
	uint64_t density = list_at(&build->mapping->density, build->i);

	if (end > units || first >= units)
		wrong_mapping(build, build->mapping->all ? KEY_FIRST :
			      KEY_POPULATE, "page %" PRIu64 " is behind the end, the last that is allowed is %" PRIu64,
			      end > units ? end - 1 : first, units - 1);
	else if (density < 100)
		populate_some(build, region, first, end, step, density);
	else
		put_range(build, region, first, end, step);
}

static void populate_mapping(struct build *build, struct region *region)
{
	const struct spans *spans = &build->mapping->spans;
	size_t i;

	if (build->mapping->all)
		populate(build, region,
			 list_at(&build->mapping->first, build->i),
			 region->pages / region_unit(region));
	for (i = 0; i < spans->nr && !build->error->found; i++)
		populate(build, region, spans->of[i].first,
			 spans->of[i].last + 1);
}

static bool is_populated_alike(const struct region *a, const struct region *b)
{
	return a->nr_ranges == b->nr_ranges &&
	       (!a->nr_ranges || !memcmp(a->ranges, b->ranges,
					 a->nr_ranges * sizeof(*a->ranges)));
}

/* All VM_MIXEDMAP mappings share their pages, which smaps counts by sharers. */
static void check_mixed(struct build *build, const struct region *region)
{
	const struct region *first;

	if (!memory_is(region->memory, BACKING_MIXEDMAP))
		return;
	if (!build->mixed)
		build->mixed = build->layout->nr_regions;
	first = build->layout->regions + build->mixed - 1;
	if (region->pages > HUGE_PAGES)
		wrong_mapping(build, KEY_SIZE, "%" PRIu64 " pages are too many for mixedmap, at most %" PRIu64 " are allowed",
			      region->pages, HUGE_PAGES);
	else if (!is_populated_alike(region, first))
		wrong_mapping(build, KEY_POPULATE, "all mixedmap mappings have the same memory; allowed are the same pages in each");
}

/* Bound what the guest has to make. */
static void check_amount(struct build *build, const struct region *region)
{
	bool linear = memory_is(region->memory, BACKING_PFNMAP) &&
		      region->memory->shared;
	uint64_t touched = linear ? region->pages :
			   region_populated(region) * region_unit(region);

	build->touched += touched + region->nr_dropped;
	if (region->memory->content != CONTENT_READ &&
	    region->memory->content != CONTENT_POISON && !linear &&
	    !region->memory->gigantic)
		build->memory += touched;
	if (build->memory > LAYOUT_MEMORY_MAX)
		wrong_mapping(build, KEY_POPULATE, "too much memory, at most %" PRIu64 "m are allowed",
			      LAYOUT_MEMORY_MAX * PAGE_SIZE >> 20);
	else if (region->memory->gigantic &&
		 layout_gigantic_pool(build->layout) > LAYOUT_GIGANTIC_MAX)
		wrong_mapping(build, KEY_PAGE, "too many huge pages of 1 GiB, at most %d are allowed",
			      LAYOUT_GIGANTIC_MAX);
	else if (build->touched > LAYOUT_TOUCHED_MAX)
		wrong_mapping(build, KEY_POPULATE, "too many pages, at most %" PRIu64 " of a layout are allowed",
			      LAYOUT_TOUCHED_MAX);
}

static void check_whole(struct build *build)
{
	const struct layout *layout = build->layout;
	uint64_t tables;

	if (build->error->found)
		return;
	if (!layout->nr_regions) {
		layout_wrong(build->error, 0, NULL, "the layout has holes only, no mapping");
		return;
	}
	tables = layout_stats(layout).tables;
	if (build->memory + tables > LAYOUT_MEMORY_MAX)
		layout_wrong(build->error, 0, NULL, "too much memory, %" PRIu64 "m of pages and %" PRIu64 "m of page tables, at most %" PRIu64 "m are allowed",
			     build->memory * PAGE_SIZE >> 20,
			     tables * PAGE_SIZE >> 20,
			     LAYOUT_MEMORY_MAX * PAGE_SIZE >> 20);
}

static void check_spans(struct build *build, const struct region *region,
			enum layout_key key, const struct spans *spans)
{
	uint64_t units = region->pages / region_unit(region);

	if (spans->nr && spans->of[spans->nr - 1].last >= units)
		wrong_mapping(build, key, "page %" PRIu64 " is behind the end, the last that is allowed is %" PRIu64,
			      spans->of[spans->nr - 1].last, units - 1);
}

/* Pages merge two by two, of each range. */
static void check_merge(struct build *build, const struct region *region)
{
	size_t i;

	for (i = 0; i < region->nr_ranges; i++) {
		const struct range *range = region->ranges + i;
		uint64_t pages = (range->end - range->first + range->step - 1) /
				 range->step;

		if (region->memory->content == CONTENT_MERGED && pages % 2)
			wrong_mapping(build, KEY_POPULATE, "%" PRIu64 " pages from page %" PRIu64 " on cannot merge two by two; an even number is allowed",
				      pages, range->first);
	}
}

static void put_memory(struct build *build, uint64_t pages)
{
	struct layout *layout = build->layout;
	const struct memory *memory = build->mapping->memory;
	const char *why = layout_cannot(layout, memory, pages);
	struct region *region;

	if (layout->nr_regions == LAYOUT_VMAS_MAX) {
		wrong_mapping(build, KEY_SIZE, "too many mappings, at most %d are allowed",
			      LAYOUT_VMAS_MAX);
	} else if (why) {
		wrong_mapping(build, KEY_SIZE, "%" PRIu64 " pages at page %" PRIu64 ": %s",
			      pages, layout->pages, why);
	} else {
		region = layout_vma(layout, memory, pages);
		populate_mapping(build, region);
		check_spans(build, region, KEY_DROP, &build->mapping->drop);
		check_spans(build, region, KEY_COPY, &build->mapping->copy);
		check_merge(build, region);
		check_mixed(build, region);
		check_amount(build, region);
	}
}

static void go_to_place(struct build *build)
{
	struct layout *layout = build->layout;
	uint64_t at = list_at(&build->mapping->at, build->i);

	if (!build->mapping->section->of[KEY_AT].value)
		return;
	if (at < layout->pages)
		wrong_mapping(build, KEY_AT, "page %" PRIu64 " overlaps the one before it, %" PRIu64 " is the first that is allowed",
			      at, layout->pages);
	else
		layout_hole(layout, at - layout->pages);
}

static void put_mapping(struct build *build, bool is_repeated)
{
	uint64_t pages = list_at(&build->mapping->size, build->i);

	if (build->placed++ == PLACED_MAX)
		wrong_mapping(build, KEY_SIZE, "too many mappings and holes, at most %d are allowed",
			      PLACED_MAX);
	if (!pages && is_repeated)
		return;
	go_to_place(build);
	if (!pages)
		wrong_mapping(build, KEY_SIZE, "0 is allowed only in [repeat], where it leaves a mapping out");
	else if (pages > LAYOUT_PAGES_MAX - build->layout->pages)
		wrong_mapping(build, KEY_SIZE, "the layout is too large, at most %" PRIu64 "g of addresses are allowed",
			      LAYOUT_PAGES_MAX * PAGE_SIZE >> 30);
	else if (!build->mapping->kind->memory)
		layout_hole(build->layout, pages);
	else
		put_memory(build, pages);
}

/* Put the mappings [from, to) of @nr so many times. */
static void put_group(struct build *build, const struct mapping *mappings,
		      size_t from, size_t to, uint64_t times)
{
	size_t i;

	for (build->i = 0; build->i < times; build->i++) {
		for (i = from; i < to; i++) {
			if (build->error->found)
				return;
			build->mapping = mappings + i;
			put_mapping(build, times > 1);
		}
	}
}

static uint64_t read_times(const struct section *section,
			   struct layout_error *error)
{
	static const struct bounds times = { 1, LAYOUT_VMAS_MAX, false };
	struct list list;

	if (!section->of[KEY_TIMES].value)
		layout_wrong(error, section->line, NULL, "[repeat] has no times=, which is needed");
	list_read(&list, section, KEY_TIMES, &times, 1, error);
	if (!error->found && list.length > 1)
		wrong_key(section, KEY_TIMES, error,
			  "a list is not allowed, a number is");
	return error->found ? 1 : list_at(&list, 0);
}

/* Return the end of the group that begins behind [repeat] at @i. */
static size_t group_end(const struct layout_text *text, size_t i,
			struct layout_error *error)
{
	size_t end = i + 1;

	while (end < text->nr && text->sections[end].kind == SECTION_MAPPING)
		end++;
	if (end == text->nr || text->sections[end].kind != SECTION_END)
		layout_wrong(error, text->sections[i].line, NULL, "[repeat] has no [end]; allowed before it are only mappings");
	else if (end == i + 1)
		layout_wrong(error, text->sections[i].line, NULL, "[repeat] has no mapping to repeat");
	return end;
}

/* Put section @i, or the group that begins there. Return the last one. */
static size_t put_section(struct build *build, const struct layout_text *text,
			  const struct mapping *mappings, size_t i)
{
	const struct section *section = text->sections + i;
	size_t end;

	switch (section->kind) {
	case SECTION_LAYOUT:
		if (i)
			layout_wrong(build->error, section->line, NULL, "[layout] is allowed only as the first section");
		return i;
	case SECTION_END:
		layout_wrong(build->error, section->line, NULL, "[end] has no [repeat] before it");
		return i;
	case SECTION_REPEAT:
		end = group_end(text, i, build->error);
		put_group(build, mappings, i + 1, end,
			  read_times(section, build->error));
		return end;
	default:
		put_group(build, mappings, i, i + 1, 1);
		return i;
	}
}

static void put_sections(struct build *build, const struct layout_text *text)
{
	struct mapping *mappings = xcalloc(text->nr, sizeof(*mappings));
	size_t i;

	for (i = 0; i < text->nr; i++)
		if (text->sections[i].kind == SECTION_MAPPING)
			mapping_read(mappings + i, text->sections + i,
				     build->error);
	for (i = 0; i < text->nr && !build->error->found; i++)
		i = put_section(build, text, mappings, i);
	free(mappings);
}

void layout_parse(struct layout *layout, const char *bytes, size_t len,
		  struct layout_error *error)
{
	struct build build = { .layout = layout, .error = error };
	struct layout_text text;

	*error = (struct layout_error){ 0 };
	layout_text_cut(&text, bytes, len, error);
	if (!error->found)
		put_sections(&build, &text);
	check_whole(&build);
	layout_text_free(&text);
}

uint64_t layout_room(const struct layout *layout)
{
	uint64_t tops = (layout->pages + TOP_PAGES - 1) / TOP_PAGES;
	struct layout_stats stats = layout_stats(layout);
	uint64_t memory = stats.present + stats.tables +
			  (stats.huge - stats.gigantic) * HUGE_PAGES;
	uint64_t room = min_u64(LAYOUT_VMAS_MAX / layout->nr_regions,
				LAYOUT_PAGES_MAX / (tops * TOP_PAGES));

	if (layout_gigantic_pool(layout))
		room = min_u64(room, LAYOUT_GIGANTIC_MAX /
				     layout_gigantic_pool(layout));
	return memory ? min_u64(room, LAYOUT_MEMORY_MAX / memory) : room;
}

void layout_parse_about(const char *bytes, size_t len, char *about, size_t size)
{
	struct layout_error error = { 0 };
	struct layout_text text;
	const char *value = NULL;

	layout_text_cut(&text, bytes, len, &error);
	if (text.nr && text.sections->kind == SECTION_LAYOUT)
		value = text.sections->of[KEY_ABOUT].value;
	snprintf(about, size, "%s", value ? value : "");
	layout_text_free(&text);
}
