// SPDX-License-Identifier: GPL-2.0
/*
 * The PAGEMAP_SCAN ioctl, around each point and over the whole layout, with
 * several masks and limits.
 */
#include <inttypes.h>
#include <unistd.h>

#include "kernel/util.h"
#include "readers/points.h"
#include "readers/reading.h"
#include "truth/page.h"
#include "truth/say.h"
#include "truth/scan_check.h"

/* Whether absent memory is huge is up to the kernel. */
#define OF_ABSENT	(SCAN_FILE | SCAN_PRESENT | SCAN_SWAPPED | SCAN_PFNZERO)
#define OF_PRESENT	(OF_ABSENT | SCAN_HUGE)

static const struct scan_question present = {
	"present", .mask = SCAN_PRESENT, .report = OF_PRESENT
};
static const struct scan_question absent = {
	"absent", .inverted = SCAN_PRESENT, .mask = SCAN_PRESENT,
	.report = OF_ABSENT
};
static const struct scan_question special = {
	"special", .mask = SCAN_PRESENT,
	.anyof = SCAN_FILE | SCAN_HUGE | SCAN_PFNZERO, .report = OF_PRESENT
};
static const struct scan_question no_file = {
	"present, but of no file", .inverted = SCAN_FILE,
	.mask = SCAN_PRESENT | SCAN_FILE, .report = SCAN_PRESENT
};

static const struct limited {
	const struct scan_question *question;
	uint64_t max_pages, max_regions;
} near[] = {
	{ &present, 0, 64 }, { &present, 1, 64 }, { &present, 3, 64 },
	{ &present, 0, 1 }, { &present, 2, 2 },
	{ &absent, 0, 64 }, { &absent, 3, 64 }, { &absent, 0, 1 },
	{ &special, 0, 64 }, { &no_file, 0, 64 }, { &no_file, 0, 1 },
}, whole[] = {
	{ &present, 0, SCAN_REGIONS_MAX }, { &absent, 0, SCAN_REGIONS_MAX },
	{ &special, 0, 100 }, { &no_file, 0, 17 }, { &present, 1000, 100 },
};

static void take(struct reading *reading, struct scan_try *scan,
		 const struct limited *limited)
{
	scan->question = limited->question;
	scan->max_pages = limited->max_pages;
	scan->max_regions = limited->max_regions;
	scan_try(scan);
	text_add(&reading->said, "%s, %" PRIu64 " pages and %" PRIu64 " regions at most, from 0x%" PRIx64 ": ended at 0x%" PRIx64 ", gave %" PRId64 ":",
		 limited->question->name, limited->max_pages,
		 limited->max_regions, layout_address(scan->layout, scan->from),
		 scan->end, scan->given);
	say_regions(&reading->said, scan);
	if (scan_is_known(scan))
		check_scan(&reading->check, scan);
}

static void scan_points(struct reading *reading, struct scan_try *scan)
{
	struct points points;
	size_t i, j;

	points_find(&points, scan->layout);
	for (i = 0; i < points.nr; i++) {
		struct span span = point_span(scan->layout,
					      points.points[i].page,
					      POINT_REACH, POINT_REACH);

		scan->from = span.from;
		scan->to = span.to;
		for (j = 0; j < ARRAY_SIZE(near); j++)
			take(reading, scan, near + j);
		reading_case(reading, "%s",
			     point_name(scan->layout, points.points + i));
	}
	points_free(&points);
}

/*
 * Scan the whole layout as a program would, again and again from where the last
 * scan ended. User-mode Linux refuses the last page of the address space.
 */
static void scan_whole(struct reading *reading, struct scan_try *scan,
		       const struct limited *limited)
{
	const struct layout *layout = scan->layout;

	scan->from = 0;
	scan->to = layout->pages - 1;
	do {
		take(reading, scan, limited);
		if (scan->end <= layout_address(layout, scan->from))
			break;
		scan->from = (scan->end - layout->base) / PAGE_SIZE;
	} while (scan->from < scan->to && scan->given > 0);
	reading_case(reading, "whole layout, %s, %" PRIu64 " pages and %" PRIu64 " regions at most",
		     limited->question->name, limited->max_pages,
		     limited->max_regions);
}

void read_scan(struct reading *reading)
{
	static struct scan_try scan;
	size_t i;

	scan.layout = reading->layout;
	scan.fd = open_proc(reading->pid, "pagemap");
	if (pagemap_has_scan(scan.fd)) {
		scan_points(reading, &scan);
		for (i = 0; i < ARRAY_SIZE(whole); i++)
			scan_whole(reading, &scan, whole + i);
	} else {
		reading_skip(reading, "this kernel has no PAGEMAP_SCAN");
	}
	close(scan.fd);
}
