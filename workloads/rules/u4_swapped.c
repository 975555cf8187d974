// SPDX-License-Identifier: GPL-2.0
/*
 * mincore(2): a page is in core if a reference would cause no disk access. What is
 * swapped out is not, unless it is still, or again, in the swap cache.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "rules/u4.h"
#include "space/own.h"
#include "space/resident.h"
#include "space/shipped.h"
#include "space/swap.h"
#include "truth/mincore_check.h"

#define REACH		UINT64_C(4)	/* pages around a start of a VMA */
#define PAGES_MAX	4096		/* of a VMA */

static unsigned char vector[PAGES_MAX + MINCORE_GUARD];

static void check_out(struct check *check, const struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		uint64_t start = layout->regions[i].start, from, to;
		uint64_t first = start > REACH ? start - REACH : 0;

		for (from = first; from < start + REACH; from++)
			for (to = from + 1; to <= start + REACH; to++)
				check_mincore_call(check, layout, from, to,
						   vector);
		check_mincore_call(check, layout, start,
				   start + layout->regions[i].pages, vector);
	}
}

/* Another process reads what this one has out. Then it is in the swap cache. */
static void read_again(struct resident *self, void *arg)
{
	const struct layout *layout = arg;
	uint64_t page;

	(void)self;
	for (page = 0; page < layout->regions->pages; page += 2)
		asm volatile("" : : "r" (*(char *)layout_address(layout, page)));
}

static void check_in_cache(struct check *check, struct layout *layout)
{
	uint64_t i, pages = layout->regions->pages;
	struct resident reader;

	resident_start(&reader, read_again, layout);
	if (mincore((void *)layout->base, pages * PAGE_SIZE, vector))
		check_fail(check, "mincore: %s", strerror(errno));
	for (i = 0; i < pages; i++) {
		check->checked++;
		if (vector[i] != !(i % 2))
			check_fail(check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": page 0x%" PRIx64 " (swapped out, and%s in the swap cache) got 0x%02x",
				   pages, layout->base, layout_address(layout, i),
				   i % 2 ? " not" : "", vector[i]);
	}
	resident_stop(&reader);
}

void check_mincore_of_swapped(struct rule_run *run)
{
	const char *missing = swap_missing();
	struct layout layout;

	if (missing) {
		rule_skip(run, "swapped out", missing);
		return;
	}
	layout_named(&layout, "swapped");
	own_map(&layout, run->probe);
	check_out(rule_case(run, "swapped out"), &layout);
	check_in_cache(rule_case(run, "in the swap cache"), &layout);
	own_unmap(&layout);
	layout_free(&layout);
}
