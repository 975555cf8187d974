// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/util.h"
#include "readers/points.h"
#include "truth/describe.h"

static bool is_alike(const struct truth *a, const struct truth *b)
{
	return a->memory == b->memory && a->present == b->present;
}

/* Tell at, just before and just behind a border from all other places. */
static uint64_t place(const struct layout *layout, uint64_t page)
{
	uint64_t behind = (layout->base / PAGE_SIZE + page + 1) % TABLE_PAGES;

	return behind < 3 ? behind : 3;
}

static bool has_like(const struct points *points, const struct layout *layout,
		     const struct point *new)
{
	size_t i;

	for (i = 0; i < points->nr; i++) {
		const struct point *point = points->points + i;

		if (is_alike(&point->left, &new->left) &&
		    is_alike(&point->right, &new->right) &&
		    place(layout, point->page) == place(layout, new->page))
			return true;
	}
	return false;
}

static void add_point(struct points *points, const struct layout *layout,
		      uint64_t page)
{
	struct point new = { .page = page, .right = layout_at(layout, page) };

	if (page)
		new.left = layout_at(layout, page - 1);
	if (has_like(points, layout, &new))
		return;
	points->points = xrealloc(points->points, points->nr + 1, sizeof(new));
	points->points[points->nr++] = new;
}

static uint64_t round_down(uint64_t page)
{
	return page / TABLE_PAGES * TABLE_PAGES;
}

void points_find(struct points *points, const struct layout *layout)
{
	size_t i;

	*points = (struct points){ 0 };
	for (i = 0; i < layout->nr_regions; i++) {
		uint64_t start = layout->regions[i].start;
		uint64_t end = start + layout->regions[i].pages;

		add_point(points, layout, start);
		if (round_down(start) + TABLE_PAGES < end)
			add_point(points, layout,
				  round_down(start) + TABLE_PAGES);
		if (round_down(end - 1) > start)
			add_point(points, layout, round_down(end - 1));
		add_point(points, layout, end);
	}
}

void points_free(struct points *points)
{
	free(points->points);
	*points = (struct points){ 0 };
}

struct span point_span(const struct layout *layout, uint64_t page, int before,
		       int behind)
{
	return (struct span){
		(int64_t)page > before ? page - before : 0,
		min_u64(page + behind, layout->pages),
	};
}

const char *point_name(const struct layout *layout, const struct point *point)
{
	static char name[100];

	snprintf(name, sizeof(name), "%s|%s at 0x%" PRIx64,
		 truth_name(&point->left), truth_name(&point->right),
		 layout_address(layout, point->page));
	return name;
}
