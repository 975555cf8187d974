// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "rules/u10_check.h"

/* So many regions the kernel collects before it copies them. */
#define KERNEL_REGIONS	512

/* What a scan should give. */
struct expected {
	int64_t given;			/* regions, or an error number */
	bool any_end;			/* where it ends is up to the kernel */
	uint64_t end;			/* in pages: the first left out */
	uint64_t pages;
	size_t nr;
	struct scan_region regions[PROTECT_REGIONS];
};

static struct scan_region got[PROTECT_REGIONS];

static bool is_asked_for(const struct protect_try *try,
			 const struct protect_page *page)
{
	uint64_t is = protect_categories(page) ^ try->inverted;

	return (is & try->mask) == try->mask &&
	       (!try->anyof || is & try->anyof);
}

/* A part of a huge page cannot be protected: it is left out. */
static bool is_of_part(const struct protect_try *try,
		       const struct protect_page *page, uint64_t number)
{
	uint64_t start = number - number % HUGE_PAGES;

	return try->flags & SCAN_PROTECT && page_is_huge(page) &&
	       protect_categories(page) & SCAN_WRITTEN &&
	       (start < try->from || start + HUGE_PAGES > try->to);
}

/* Add a page, unless a limit of the scan is reached. */
static bool add_page(struct expected *expected, const struct protect_try *try,
		     uint64_t address, uint64_t categories)
{
	struct scan_region *next = expected->regions + expected->nr;

	if (try->max_pages && expected->pages == try->max_pages)
		return false;
	if (!expected->nr || next[-1].end != address ||
	    next[-1].categories != categories) {
		if (expected->nr == try->max_regions)
			return false;
		*next++ = (struct scan_region){ address, address, categories };
		expected->nr++;
	}
	next[-1].end += PAGE_SIZE;
	expected->pages++;
	return true;
}

/*
 * Absent huge pages are protected if there is no table for them, and otherwise
 * not. Without a vector, 6.12 protects what it was not asked for, too.
 */
static void protect_page(struct protect_page *page)
{
	if (page_is_huge(page) && !(page->always & SCAN_PRESENT))
		page->either = true;
	else
		page->protected = true;
}

static bool is_left_alone(const struct protect_try *try,
			  const struct protect_page *page)
{
	return memory_is_pfnmap(page->piece->memory) ||
	       (try->flags & SCAN_PROTECT &&
		page->piece->registered != REGISTERED_ASYNC);
}

/* Tell of one page. Return false if the scan ends before it. */
static bool expect_page(struct expected *expected, struct protect_space *space,
			const struct protect_try *try, uint64_t number)
{
	struct protect_page *page = space->pages + number;
	uint64_t address = layout_address(&space->layout, number);

	if (is_left_alone(try, page))
		return true;
	if (!is_asked_for(try, page)) {
		page->either = try->flags & SCAN_PROTECT &&
			       !try->max_regions && !page_is_huge(page);
		return true;
	}
	if (is_of_part(try, page, number)) {
		expected->any_end = true;
		return true;
	}
	if (try->max_regions &&
	    !add_page(expected, try, address,
		      protect_categories(page) & try->report))
		return false;
	if (try->flags & SCAN_PROTECT)
		protect_page(page);
	return true;
}

/* Also note in @space what the scan should protect. */
static void expect(struct expected *expected, struct protect_space *space,
		   const struct protect_try *try)
{
	uint64_t number;

	expected->any_end = false;
	expected->given = expected->nr = expected->pages = 0;
	for (number = try->from; number < try->to; number++) {
		const struct protect_page *page = space->pages + number;

		if (!page->piece)
			continue;
		if (try->flags & SCAN_CHECK &&
		    page->piece->registered != REGISTERED_ASYNC) {
			expected->given = -EPERM;
			expected->nr = 0;
			return;
		}
		if (!expect_page(expected, space, try, number))
			break;
	}
	expected->end = number;
	expected->given = expected->nr;
}

static const char *describe_try(const struct protect_space *space,
				const struct protect_try *try)
{
	static char text[240];
	const struct protect_page *page = space->pages + try->from;

	snprintf(text, sizeof(text), "PAGEMAP_SCAN of 0x%" PRIx64 "-0x%" PRIx64 " (from %s on), flags %" PRIu64 ", inverted 0x%" PRIx64 ", mask 0x%" PRIx64 ", any of 0x%" PRIx64 ", at most %" PRIu64 " pages, %" PRIu64 " regions",
		 layout_address(&space->layout, try->from),
		 layout_address(&space->layout, try->to),
		 page->piece ? page->piece->memory->name : "a hole",
		 try->flags, try->inverted, try->mask, try->anyof,
		 try->max_pages, try->max_regions);
	return text;
}

static void check_regions(struct check *check,
			  const struct protect_space *space,
			  const struct protect_try *try,
			  const struct expected *expected, int64_t given)
{
	const struct scan_region *right = expected->regions;
	size_t i = 0;

	check->checked++;
	while (given == expected->given && i < expected->nr &&
	       !memcmp(got + i, right + i, sizeof(*got)))
		i++;
	if (given == expected->given && i == expected->nr)
		return;
	check_fail(check, "%s: gave %" PRId64 ", expected %" PRId64 "; region %zu is 0x%" PRIx64 "-0x%" PRIx64 " 0x%" PRIx64 ", expected 0x%" PRIx64 "-0x%" PRIx64 " 0x%" PRIx64,
		   describe_try(space, try), given, expected->given, i,
		   got[i].start, got[i].end, got[i].categories, right[i].start,
		   right[i].end, right[i].categories);
}

/*
 * It may go on over pages that do not match. Once the kernel's own buffer was
 * full, 6.12 forgets that it came to the end.
 */
static void check_end(struct check *check, const struct protect_space *space,
		      const struct protect_try *try,
		      const struct expected *expected, uint64_t end)
{
	uint64_t last = layout_address(&space->layout, expected->end);
	uint64_t first = last;

	if (expected->any_end || expected->given < 0 ||
	    (expected->end == try->to && expected->nr > KERNEL_REGIONS))
		return;
	if (expected->end < try->to && expected->nr)
		first = expected->regions[expected->nr - 1].end;
	check->checked++;
	if (end < first || end > last)
		check_fail(check, "%s: says that it ended at 0x%" PRIx64 ", expected 0x%" PRIx64,
			   describe_try(space, try), end, last);
}

/* Of a marker the rest of the entry has no meaning. */
static bool entry_is_right(const struct protect_space *space, uint64_t number,
			   uint64_t entry)
{
	const struct protect_page *page = space->pages + number;
	bool protected = entry & PM_UFFD_WP;

	if (!page->piece || memory_is_pfnmap(page->piece->memory))
		return true;
	if (protected != page->protected && !page->either)
		return false;
	return !(page->always & SCAN_PRESENT) ||
	       (entry & ~PM_UFFD_WP) == (space->entries[number] & ~PM_UFFD_WP);
}

/* No page has lost its memory, and exactly the right ones are protected. */
static void check_entries(struct check *check,
			  const struct protect_space *space,
			  const struct protect_try *try)
{
	static uint64_t entries[8192];
	uint64_t number;

	protect_read(space, entries);
	check->checked += space->layout.pages;
	for (number = 0; number < space->layout.pages; number++) {
		const struct protect_page *page = space->pages + number;

		if (entry_is_right(space, number, entries[number]))
			continue;
		check_fail(check, "%s: then the pagemap entry of page 0x%" PRIx64 " (%s) is 0x%" PRIx64 ", was 0x%" PRIx64 " at first, and should be %sprotected",
			   describe_try(space, try),
			   layout_address(&space->layout, number),
			   page->piece->memory->name,
			   entries[number], space->entries[number],
			   page->protected ? "" : "un");
	}
}

static int64_t scan(const struct protect_space *space,
		    const struct protect_try *try, uint64_t *end)
{
	struct scan arg = {
		.flags = try->flags,
		.start = layout_address(&space->layout, try->from),
		.end = layout_address(&space->layout, try->to),
		.vec = try->max_regions ? (uintptr_t)got : 0,
		.vec_len = try->max_regions,
		.max_pages = try->max_pages,
		.category_inverted = try->inverted,
		.category_mask = try->mask,
		.category_anyof_mask = try->anyof,
		.return_mask = try->report,
	};
	int64_t given = pagemap_scan(space->pagemap, &arg);

	*end = arg.walk_end;
	return given;
}

void protect_check(struct check *check, struct protect_space *space,
		   const struct protect_try *try)
{
	static struct expected expected;
	uint64_t end;
	int64_t given;

	expect(&expected, space, try);
	given = scan(space, try, &end);
	check_regions(check, space, try, &expected, given);
	check_end(check, space, try, &expected, end);
	if (!(try->flags & SCAN_PROTECT))
		return;
	check_entries(check, space, try);
	protect_reset(space);
}
