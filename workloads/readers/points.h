/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pages of a layout around which it is worth reading: where a VMA begins or
 * ends, and the first and the last border of two page tables inside it. Of such
 * pages that lie between the same kinds of memory, and at the same distance from
 * such a border, one is enough.
 */
#ifndef POINTS_H
#define POINTS_H

#include <stddef.h>
#include <stdint.h>

#include "space/layout.h"

/* So many pages on each side are read. */
#define POINT_REACH	8

struct point {
	uint64_t page;		/* the first on the right */
	struct truth left, right;
};

struct points {
	size_t nr;
	struct point *points;	/* ascending */
};

void points_find(struct points *points, const struct layout *layout);
void points_free(struct points *points);

/* "anon, present|hole at 0x1000"; the next call overwrites it. */
const char *point_name(const struct layout *layout, const struct point *point);

/* The range from @before pages before @page to @behind behind it, or less. */
struct span {
	uint64_t from, to;
};

struct span point_span(const struct layout *layout, uint64_t page, int before,
		       int behind);

#endif
