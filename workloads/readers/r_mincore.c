// SPDX-License-Identifier: GPL-2.0
/* mincore() looks at the caller's own memory, so this program maps the layout. */
#include <inttypes.h>
#include <string.h>

#include "kernel/util.h"
#include "readers/points.h"
#include "readers/reading.h"
#include "space/own.h"
#include "truth/mincore_check.h"
#include "truth/say.h"

#define MOST_PAGES	(UINT64_C(2) * PAGE_SIZE)	/* of one call */

/* A range around a point. */
static const struct reach {
	int before, behind;
} reaches[] = {
	{ 1, 0 }, { 0, 1 }, { 1, 1 }, { 3, 4 }, { POINT_REACH, POINT_REACH },
	{ POINT_REACH, 0 }, { 0, POINT_REACH },
};

static unsigned char *vector;

static void ask(struct reading *reading, struct span span)
{
	const struct layout *layout = reading->layout;
	int got = check_mincore_call(&reading->check, layout, span.from,
				     span.to, vector);

	text_add(&reading->said, "%" PRIu64 " pages at 0x%" PRIx64 ": %s:",
		 span.to - span.from, layout_address(layout, span.from),
		 got ? strerror(got) : "done");
	say_vector(&reading->said, vector, span.to - span.from);
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
	vector = map_populated(MOST_PAGES + MINCORE_GUARD);
	own_map(reading->layout, reading->probe);
	ask_at_points(reading);
	ask_for_regions(reading);
	own_unmap(reading->layout);
	unmap_populated(vector, MOST_PAGES + MINCORE_GUARD);
}
