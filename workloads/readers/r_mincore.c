// SPDX-License-Identifier: GPL-2.0
/*
 * mincore() looks at the caller's own memory, so this program maps the layout.
 * A byte that the walk does not set has what was left in kernel memory: here,
 * always the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/leftover.h"
#include "kernel/util.h"
#include "readers/points.h"
#include "readers/reading.h"
#include "space/map.h"
#include "space/pool.h"
#include "truth/describe.h"
#include "truth/page.h"

#define MOST_PAGES	(UINT64_C(2) * PAGE_SIZE)	/* of one call */

#define UNTOUCHED	0x77

/* A range around a point. */
static const struct reach {
	int before, behind;
} reaches[] = {
	{ 1, 0 }, { 0, 1 }, { 1, 1 }, { 3, 4 }, { POINT_REACH, POINT_REACH },
	{ POINT_REACH, 0 }, { 0, POINT_REACH },
};

static unsigned char *vector;

static void say_vector(struct text *said, uint64_t pages)
{
	uint64_t i, times = 0;

	for (i = 0; i < pages; i++) {
		times++;
		if (i + 1 < pages && vector[i + 1] == vector[i])
			continue;
		text_add(said, " %" PRIu64 "*0x%02x", times, vector[i]);
		times = 0;
	}
	text_add(said, "\n");
}

static bool has_hole(const struct layout *layout, struct span span)
{
	uint64_t page = span.from;

	for (; page < span.to; page = layout_until(layout, page))
		if (!layout_at(layout, page).region)
			return true;
	return false;
}

static void check_byte(struct reading *reading, struct span span, uint64_t page)
{
	struct truth truth = layout_at(reading->layout, page);
	unsigned char got = vector[page - span.from];
	int expected = page_in_core(&truth);

	reading->check.checked++;
	if (expected < 0 ? got > 1 : got != expected)
		check_fail(&reading->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": page 0x%" PRIx64 " (%s) got 0x%02x%s; expected %s",
			   span.to - span.from,
			   layout_address(reading->layout, span.from),
			   layout_address(reading->layout, page),
			   truth_name(&truth), got,
			   got == LEFTOVER ? ", what was left in kernel memory" : "",
			   expected < 0 ? "0 or 1" : expected ? "1" : "0");
}

static void check_vector(struct reading *reading, struct span span)
{
	uint64_t page;

	for (page = span.from; page < span.to; page++)
		check_byte(reading, span, page);
	if (vector[span.to - span.from] != UNTOUCHED)
		check_fail(&reading->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": wrote behind the vector",
			   span.to - span.from,
			   layout_address(reading->layout, span.from));
}

/* In a range with a hole, only the error is known. */
static void ask(struct reading *reading, struct span span)
{
	uint64_t start = layout_address(reading->layout, span.from);
	uint64_t pages = span.to - span.from;
	int expected = has_hole(reading->layout, span) ? ENOMEM : 0, got;

	memset(vector, UNTOUCHED, pages + 1);
	leave_in_kernel_memory();
	got = mincore((void *)start, pages * PAGE_SIZE, vector) ? errno : 0;
	text_add(&reading->said, "%" PRIu64 " pages at 0x%" PRIx64 ": %s:",
		 pages, start, got ? strerror(got) : "done");
	say_vector(&reading->said, pages);
	reading->check.checked++;
	if (got != expected)
		check_fail(&reading->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": %s, expected %s",
			   pages, start, got ? strerror(got) : "success",
			   expected ? strerror(expected) : "success");
	else if (!got)
		check_vector(reading, span);
}

static void ask_at_points(struct reading *reading)
{
	const struct layout *layout = reading->layout;
	struct points points;
	size_t i, j;

	points_find(&points, layout);
	for (i = 0; i < points.nr; i++) {
		for (j = 0; j < ARRAY_SIZE(reaches); j++) {
			struct span span = point_span(layout,
						      points.points[i].page,
						      reaches[j].before,
						      reaches[j].behind);

			if (span.from < span.to)
				ask(reading, span);
		}
		reading_case(reading, "%s", point_name(layout, points.points + i));
	}
	points_free(&points);
}

/* Some need more than one page of vector, and of kernel memory. */
static void ask_for_regions(struct reading *reading)
{
	const struct layout *layout = reading->layout;
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		ask(reading, (struct span){
			region->start,
			region->start + min_u64(region->pages, MOST_PAGES),
		});
	}
	reading_case(reading, "each VMA");
}

void read_mincore(struct reading *reading)
{
	const struct layout *layout = reading->layout;
	uint64_t huge = layout_pool(layout), pool = 0;
	size_t i;

	if (huge)
		pool = pool_add(huge);
	vector = map_populated(MOST_PAGES + 1);
	layout_map_or_die(layout, reading->probe);
	for (i = 0; i < layout->nr_regions; i++)
		layout_populate(layout, layout->regions + i, reading->probe, 0);
	ask_at_points(reading);
	ask_for_regions(reading);
	layout_unmap(layout);
	unmap_populated(vector, MOST_PAGES + 1);
	if (huge)
		pool_restore(pool);
}
