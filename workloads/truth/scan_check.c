// SPDX-License-Identifier: GPL-2.0
/*
 * A scan reports pages in VMAs that are not PFNMAP, and reports neighbours of
 * the same categories as one region.
 */
#include <inttypes.h>
#include <string.h>

#include "kernel/util.h"
#include "truth/describe.h"
#include "truth/page.h"
#include "truth/scan_check.h"

/* The regions that a scan should give. */
struct expected {
	size_t nr;
	uint64_t pages;
	uint64_t end;		/* the first page that is left out, or the end */
	struct scan_region regions[SCAN_REGIONS_MAX];
};

void scan_try(struct scan_try *scan)
{
	const struct scan_question *question = scan->question;
	struct scan arg = {
		.start = layout_address(scan->layout, scan->from),
		.end = layout_address(scan->layout, scan->to),
		.vec = (uintptr_t)scan->got,
		.vec_len = scan->max_regions,
		.max_pages = scan->max_pages,
		.category_inverted = question->inverted,
		.category_mask = question->mask,
		.category_anyof_mask = question->anyof,
		.return_mask = question->report,
	};

	memset(scan->got, 0, scan->max_regions * sizeof(*scan->got));
	scan->given = pagemap_scan(scan->fd, &arg);
	scan->end = arg.walk_end;
}

bool scan_is_known(const struct scan_try *scan)
{
	uint64_t page;

	for (page = scan->from; page < scan->to;
	     page = layout_until(scan->layout, page)) {
		struct truth truth = layout_at(scan->layout, page);

		if (!page_is_known(&truth))
			return false;
	}
	return true;
}

static bool is_asked_for(const struct scan_question *question,
			 const struct truth *truth)
{
	uint64_t is = page_categories(truth) ^ question->inverted;

	return truth->region && !memory_is_pfnmap(truth->memory) &&
	       (is & question->mask) == question->mask &&
	       (!question->anyof || is & question->anyof);
}

/* Add a page, unless a limit of the scan is reached. */
static bool add_page(struct expected *expected, const struct scan_try *scan,
		     uint64_t address, uint64_t categories)
{
	struct scan_region *last = expected->nr ?
		expected->regions + expected->nr - 1 : NULL;

	if (scan->max_pages && expected->pages == scan->max_pages)
		return false;
	expected->pages++;
	if (last && last->end == address &&
	    last->categories == categories) {
		last->end += PAGE_SIZE;
		return true;
	}
	if (expected->nr == scan->max_regions)
		return false;
	expected->regions[expected->nr++] = (struct scan_region){
		address, address + PAGE_SIZE, categories
	};
	return true;
}

static void expect_regions(struct expected *expected,
			   const struct scan_try *scan)
{
	uint64_t page = scan->from;

	expected->nr = expected->pages = 0;
	while (page < scan->to) {
		struct truth truth = layout_at(scan->layout, page);

		if (!truth.region) {
			page = layout_until(scan->layout, page);
			continue;
		}
		if (is_asked_for(scan->question, &truth) &&
		    !add_page(expected, scan,
			      layout_address(scan->layout, page),
			      page_categories(&truth) & scan->question->report))
			break;
		page++;
	}
	expected->end = min_u64(page, scan->to);
}

static void regions_fail(struct check *check, const struct scan_try *scan,
			 const struct expected *expected)
{
	struct truth truth = layout_at(scan->layout, scan->from);
	struct scan_region none = { 0 };
	const struct scan_region *got, *right;
	size_t i;

	for (i = 0; i < expected->nr && (int64_t)i < scan->given; i++)
		if (memcmp(scan->got + i, expected->regions + i,
			   sizeof(*scan->got)))
			break;
	got = (int64_t)i < scan->given ? scan->got + i : &none;
	right = i < expected->nr ? expected->regions + i : &none;
	check_fail(check, "PAGEMAP_SCAN for %s pages of 0x%" PRIx64 "-0x%" PRIx64 " (from %s on): returned %" PRId64 "%s%s, expected %zu regions; region %zu is 0x%" PRIx64 "-0x%" PRIx64 " 0x%" PRIx64 ", expected 0x%" PRIx64 "-0x%" PRIx64 " 0x%" PRIx64,
		   scan->question->name,
		   layout_address(scan->layout, scan->from),
		   layout_address(scan->layout, scan->to), truth_name(&truth),
		   scan->given, scan->given < 0 ? " " : "",
		   scan->given < 0 ? strerror(-scan->given) : "",
		   expected->nr, i, got->start, got->end, got->categories,
		   right->start, right->end, right->categories);
}

/*
 * A scan that stops at a limit may say that it got further, over pages that do
 * not match.
 */
static bool end_is_right(const struct scan_try *scan,
			 const struct expected *expected)
{
	uint64_t end = layout_address(scan->layout, expected->end);

	if (expected->end == scan->to)
		return scan->end == end;
	return expected->nr && scan->end <= end &&
	       scan->end >= expected->regions[expected->nr - 1].end;
}

void check_scan(struct check *check, const struct scan_try *scan)
{
	static struct expected expected;

	expect_regions(&expected, scan);
	check->checked += scan->to - scan->from;
	if (scan->given != (int64_t)expected.nr ||
	    memcmp(scan->got, expected.regions,
		   expected.nr * sizeof(*scan->got)))
		regions_fail(check, scan, &expected);
	else if (!end_is_right(scan, &expected))
		check_fail(check, "PAGEMAP_SCAN for at most %" PRIu64 " %s pages of 0x%" PRIx64 "-0x%" PRIx64 ": says that it ended at 0x%" PRIx64 ", expected 0x%" PRIx64,
			   scan->max_pages, scan->question->name,
			   layout_address(scan->layout, scan->from),
			   layout_address(scan->layout, scan->to), scan->end,
			   layout_address(scan->layout, expected.end));
}
