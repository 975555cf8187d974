// SPDX-License-Identifier: GPL-2.0
/*
 * A byte that the walk does not set has what was left in kernel memory: here,
 * always the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/leftover.h"
#include "kernel/util.h"
#include "truth/describe.h"
#include "truth/mincore_check.h"
#include "truth/page.h"

#define UNTOUCHED	0x77

static bool has_hole(const struct layout *layout, uint64_t from, uint64_t to)
{
	for (; from < to; from = layout_until(layout, from))
		if (!layout_at(layout, from).region)
			return true;
	return false;
}

static void check_byte(struct check *check, const struct layout *layout,
		       uint64_t from, uint64_t to, uint64_t page,
		       unsigned char got)
{
	struct truth truth = layout_at(layout, page);
	int expected = page_in_core(&truth);

	check->checked++;
	if (expected < 0 ? got > 1 : got != expected)
		check_fail(check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": page 0x%" PRIx64 " (%s) got 0x%02x%s; expected %s",
			   to - from, layout_address(layout, from),
			   layout_address(layout, page), truth_name(&truth),
			   got, got == LEFTOVER ?
			   ", what was left in kernel memory" : "",
			   expected < 0 ? "0 or 1" : expected ? "1" : "0");
}

int check_mincore_call(struct check *check, const struct layout *layout,
		       uint64_t from, uint64_t to, unsigned char *vector)
{
	uint64_t start = layout_address(layout, from);
	uint64_t i, pages = to - from;
	int expected = has_hole(layout, from, to) ? ENOMEM : 0, got;

	memset(vector, UNTOUCHED, pages + MINCORE_GUARD);
	leave_in_kernel_memory();
	got = mincore((void *)start, pages * PAGE_SIZE, vector) ? errno : 0;
	check->checked++;
	if (got != expected)
		check_fail(check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": %s, expected %s",
			   pages, start, got ? strerror(got) : "success",
			   expected ? strerror(expected) : "success");
	for (i = 0; i < pages && !got && !expected; i++)
		check_byte(check, layout, from, to, from + i, vector[i]);
	for (i = pages; i < pages + MINCORE_GUARD; i++)
		if (vector[i] != UNTOUCHED)
			check_fail(check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": wrote behind the vector",
				   pages, start);
	return got;
}
