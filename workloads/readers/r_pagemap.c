// SPDX-License-Identifier: GPL-2.0
/*
 * Reads of pagemap of many lengths, at many offsets. PFNs differ from boot to
 * boot, so a PFN is told by whose it is: a read of a single page tells its own.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "readers/points.h"
#include "readers/reading.h"
#include "truth/describe.h"
#include "truth/page.h"
#include "truth/say.h"

#define ENTRY		sizeof(uint64_t)

/* Pages in one read of the whole layout. */
#define WINDOW		(UINT64_C(1) << 20)

/* Entries behind the requested ones, which a read must leave alone. */
#define GUARD		UINT64_C(8)

/* Long reads go to the next points, if these are not too far away. */
#define LONG_POINTS	3
#define LONG_PAGES	(8 * TABLE_PAGES)

/* A PFN below this may be seen. */
#define MAX_PFN		(UINT64_C(1) << 24)

struct pagemap_reading {
	struct reading *reading;
	const struct layout *layout;
	int fd;
	uint64_t *own;		/* ~entry of each page, or 0: not read */
	uint64_t *got;		/* what the last read gave, and the guard */
};

/* Lengths of reads, one behind the other, from so many pages before a point. */
static const struct plan {
	int before;
	int lengths[2 * POINT_REACH + 1];	/* 0 ends it */
} plans[] = {
	{ 8, { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 } },
	{ 8, { 2, 2, 2, 2, 2, 2, 2, 2 } },
	{ 7, { 2, 2, 2, 2, 2, 2, 2 } },
	{ 8, { 3, 3, 3, 3, 3 } },
	{ 7, { 5, 5, 5 } },
	{ 6, { 7, 7 } },
	{ 8, { 9, 7 } },
	{ 1, { 9 } },
	{ 8, { 16 } },
};

/* What is said of an entry, but for how often. */
struct word {
	uint64_t flags;
	uint64_t whose;		/* the address of the page with this PFN, or: */
};

enum { OWN, NO_PFN, NOBODYS };

/* Look for the page with an entry among the @pages from @from on. */
static uint64_t whose(const struct pagemap_reading *pr, uint64_t entry,
		      uint64_t page, uint64_t from, uint64_t pages)
{
	uint64_t i;

	if (!(entry & PM_PRESENT))
		return OWN;
	if (!(entry & PM_PFN))
		return NO_PFN;
	if (!pr->own[page] || pr->own[page] == ~entry)
		return OWN;
	for (i = from; i < from + pages; i++)
		if (pr->own[i] == ~entry)
			return layout_address(pr->layout, i);
	return NOBODYS;
}

static void say_word(struct text *said, const struct word *word, uint64_t times)
{
	say_flags(said, word->flags, times);
	if (word->whose > NOBODYS)
		text_add(said, "(of 0x%" PRIx64 ")", word->whose);
	else if (word->whose != OWN)
		text_add(said, word->whose == NO_PFN ? "(no PFN)" :
						       "(of no page)");
}

static void say_entries(struct pagemap_reading *pr, const uint64_t *entries,
			uint64_t from, uint64_t pages)
{
	struct word word, last = { 0 };
	uint64_t i, times = 0;

	for (i = 0; i < pages; i++) {
		word = (struct word){
			entries[i] & ~PM_PFN,
			whose(pr, entries[i], from + i, from, pages),
		};
		if (times && memcmp(&word, &last, sizeof(word))) {
			say_word(&pr->reading->said, &last, times);
			times = 0;
		}
		last = word;
		times++;
	}
	if (times)
		say_word(&pr->reading->said, &last, times);
	text_add(&pr->reading->said, "\n");
}

static void entry_fail(struct pagemap_reading *pr, uint64_t from,
		       uint64_t pages, uint64_t page, uint64_t entry,
		       uint64_t expected)
{
	struct truth truth = layout_at(pr->layout, page);
	uint64_t other = whose(pr, entry, page, from, pages);
	char got[100], right[100], of[100] = "";

	describe_entry(got, sizeof(got), entry & ~PM_PFN);
	describe_entry(right, sizeof(right), expected);
	if (other > NOBODYS)
		snprintf(of, sizeof(of), " of page 0x%" PRIx64, other);
	check_fail(&pr->reading->check, "pagemap, read of %" PRIu64 " page%s at 0x%" PRIx64 ": page 0x%" PRIx64 " (%s) got %s%s; expected %s",
		   pages, pages == 1 ? "" : "s",
		   layout_address(pr->layout, from),
		   layout_address(pr->layout, page), truth_name(&truth), got,
		   of, right);
}

static void check_entry(struct pagemap_reading *pr, uint64_t from,
			uint64_t pages, uint64_t page, uint64_t entry)
{
	struct truth truth = layout_at(pr->layout, page);
	uint64_t expected = page_entry(&truth);

	if (!page_is_known(&truth))
		return;
	pr->reading->check.checked++;
	if ((entry & ~PM_PFN & ~PM_SOFT_DIRTY) != expected ||
	    whose(pr, entry, page, from, pages) != OWN)
		entry_fail(pr, from, pages, page, entry, expected);
}

static void check_hole(struct pagemap_reading *pr, const uint64_t *entries,
		       uint64_t from, uint64_t pages, uint64_t page,
		       uint64_t until)
{
	for (; page < until; page++) {
		pr->reading->check.checked++;
		if (entries[page - from] & ~PM_SOFT_DIRTY)
			entry_fail(pr, from, pages, page, entries[page - from],
				   0);
	}
}

static void check_entries(struct pagemap_reading *pr, const uint64_t *entries,
			  uint64_t from, uint64_t pages)
{
	uint64_t page = from, until;

	while (page < from + pages) {
		until = min_u64(layout_until(pr->layout, page), from + pages);
		if (!layout_at(pr->layout, page).region)
			check_hole(pr, entries, from, pages, page, until);
		else
			for (; page < until; page++)
				check_entry(pr, from, pages, page,
					    entries[page - from]);
		page = until;
	}
}

static void check_guard(struct pagemap_reading *pr, uint64_t from,
			uint64_t pages)
{
	uint64_t i;

	for (i = pages; i < pages + GUARD; i++)
		if (pr->got[i] != PM_UNTOUCHED)
			check_fail(&pr->reading->check, "pagemap, read of %" PRIu64 " pages at 0x%" PRIx64 ": wrote behind the buffer",
				   pages, layout_address(pr->layout, from));
}

/* Say, and check, that a read of @pages pages gave @given entries. */
static void note_read(struct pagemap_reading *pr, const uint64_t *entries,
		      uint64_t from, uint64_t pages, int64_t given)
{
	uint64_t start = layout_address(pr->layout, from);

	text_add(&pr->reading->said, "read of %" PRIu64 " at 0x%" PRIx64 ", %" PRId64 " given:",
		 pages, start, given);
	say_entries(pr, entries, from, given < 0 ? 0 : given);
	check_entries(pr, entries, from, given < 0 ? 0 : given);
	pr->reading->check.checked++;
	if (given != (int64_t)pages)
		check_fail(&pr->reading->check, "pagemap, read of %" PRIu64 " page%s at 0x%" PRIx64 ": gave %" PRId64 " entries",
			   pages, pages == 1 ? "" : "s", start, given);
}

static void forget_entries(struct pagemap_reading *pr, uint64_t pages)
{
	memset(pr->got, PM_UNTOUCHED & 0xff, (pages + GUARD) * ENTRY);
}

static void read_span(struct pagemap_reading *pr, struct span span)
{
	uint64_t pages = span.to - span.from;
	int64_t given;

	forget_entries(pr, pages);
	given = pagemap_read(pr->fd, layout_address(pr->layout, span.from),
			     pr->got, pages);
	check_guard(pr, span.from, pages);
	note_read(pr, pr->got, span.from, pages, given);
}

/*
 * Read pieces one behind the other. Each piece of a preadv() is a read of its
 * own for pagemap; one that is not filled ends the call. Return the number of
 * pieces that were read.
 */
static int read_pieces(struct pagemap_reading *pr, uint64_t from,
		       const int *lengths, int nr)
{
	struct iovec pieces[2 * POINT_REACH];
	uint64_t *entries = pr->got;
	uint64_t pages = 0;
	int64_t left;
	int i;

	for (i = 0; i < nr; i++) {
		pieces[i] = (struct iovec){ entries + pages,
					    lengths[i] * ENTRY };
		pages += lengths[i];
	}
	forget_entries(pr, pages);
	left = preadv(pr->fd, pieces, nr,
		      pagemap_offset(layout_address(pr->layout, from)));
	left = left < 0 ? -errno : left / (int64_t)ENTRY;
	check_guard(pr, from, pages);
	for (i = 0; i < nr; i++) {
		int64_t given = left < lengths[i] ? left : lengths[i];

		note_read(pr, entries, from, lengths[i], given);
		if (given < lengths[i])
			return i + 1;
		entries += lengths[i];
		from += lengths[i];
		left -= lengths[i];
	}
	return nr;
}

static void read_plan(struct pagemap_reading *pr, uint64_t page,
		      const struct plan *plan)
{
	const int *lengths = plan->lengths;
	uint64_t from = page - plan->before;
	int nr = 0, done, i;

	for (i = 0; lengths[nr]; i += lengths[nr++])
		if (from + i + lengths[nr] > pr->layout->pages)
			break;
	while (nr) {
		done = read_pieces(pr, from, lengths, nr);
		for (i = 0; i < done; i++)
			from += lengths[i];
		lengths += done;
		nr -= done;
	}
}

static void read_point(struct pagemap_reading *pr, const struct point *point)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plans); i++)
		if (point->page >= (uint64_t)plans[i].before)
			read_plan(pr, point->page, plans + i);
	reading_case(pr->reading, "%s", point_name(pr->layout, point));
}

static void read_long(struct pagemap_reading *pr, const struct points *points,
		      size_t i)
{
	size_t j;

	for (j = i + 1; j <= i + LONG_POINTS && j < points->nr; j++) {
		struct span first = point_span(pr->layout, points->points[i].page, 1, 1);
		struct span last = point_span(pr->layout, points->points[j].page, 1, 1);

		if (last.to - first.from > LONG_PAGES)
			break;
		read_span(pr, (struct span){ first.from, last.to });
	}
	if (pr->reading->check.checked)
		reading_case(pr->reading, "from %s to later ones",
			     point_name(pr->layout, points->points + i));
}

static void read_whole(struct pagemap_reading *pr)
{
	uint64_t from, to;

	for (from = 0; from < pr->layout->pages; from = to) {
		to = min_u64(from + WINDOW, pr->layout->pages);
		read_span(pr, (struct span){ from, to });
	}
	reading_case(pr->reading, "whole layout");
}

/* Only whole entries can be read: Documentation/admin-guide/mm/pagemap.rst. */
static void read_part(struct pagemap_reading *pr, size_t offset, size_t len,
		      int64_t expected)
{
	int64_t given = pread(pr->fd, pr->got, len,
			      pagemap_offset(pr->layout->base) + offset);

	if (given < 0)
		given = -errno;
	text_add(&pr->reading->said, "%zu bytes, %zu bytes behind the start of an entry: %" PRId64 "\n",
		 len, offset, given);
	pr->reading->check.checked++;
	if (given != expected)
		check_fail(&pr->reading->check, "pagemap, read of %zu bytes, %zu behind the start of an entry: gave %" PRId64 ", expected %" PRId64,
			   len, offset, given, expected);
}

static void read_parts(struct pagemap_reading *pr)
{
	read_part(pr, 0, 0, 0);
	read_part(pr, 0, ENTRY + 1, -EINVAL);
	read_part(pr, 0, ENTRY - 1, -EINVAL);
	read_part(pr, 1, ENTRY, -EINVAL);
	read_part(pr, 4, 2 * ENTRY + 4, -EINVAL);
	reading_case(pr->reading, "parts of entries");
}

/* The zero page, and what VM_MIXEDMAP VMAs share, has several places. */
static bool may_repeat(const struct truth *truth, uint64_t entry)
{
	return !(entry & PM_PRESENT) || !(entry & PM_PFN) ||
	       (entry & PM_PFN) >= MAX_PFN || !page_is_known(truth) ||
	       !(page_entry(truth) & PM_EXCLUSIVE);
}

/* No two pages may have the same memory. */
static void check_unique(struct pagemap_reading *pr, struct span span,
			 uint8_t *used)
{
	uint64_t page, pfn, entry;

	for (page = span.from; page < span.to; page++) {
		struct truth truth = layout_at(pr->layout, page);

		entry = ~pr->own[page];
		if (!pr->own[page] || !entry)
			continue;
		pr->reading->check.checked++;
		if (may_repeat(&truth, entry))
			continue;
		pfn = entry & PM_PFN;
		if (used[pfn / 8] & 1 << pfn % 8)
			check_fail(&pr->reading->check, "pagemap, read of one page at 0x%" PRIx64 " (%s): gave the PFN of another page",
				   layout_address(pr->layout, page),
				   truth_name(&truth));
		used[pfn / 8] |= 1 << pfn % 8;
	}
}

static void read_singly(struct pagemap_reading *pr, struct span span)
{
	uint64_t entries[2 * POINT_REACH], i, pages = span.to - span.from;

	for (i = 0; i < pages; i++)
		entries[i] = PM_UNTOUCHED;
	pagemap_read_singly(pr->fd, layout_address(pr->layout, span.from),
			    entries, pages);
	for (i = 0; i < pages; i++)
		pr->own[span.from + i] = ~entries[i];
}

static void read_own(struct pagemap_reading *pr, const struct points *points)
{
	uint8_t *used = map_populated(MAX_PFN / 8);
	uint64_t next = 0;
	size_t i;

	for (i = 0; i < points->nr; i++) {
		struct span span = point_span(pr->layout, points->points[i].page,
					      POINT_REACH, POINT_REACH);

		span.from = span.from < next ? next : span.from;
		if (span.from >= span.to)
			continue;
		read_singly(pr, span);
		check_unique(pr, span, used);
		next = span.to;
	}
	unmap_populated(used, MAX_PFN / 8);
	reading_case(pr->reading, "PFNs of single pages");
}

/* Return room for an entry of each page, of which few are ever used. */
static uint64_t *map_own(uint64_t pages)
{
	void *own = mmap(NULL, pages * ENTRY, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (own == MAP_FAILED)
		die("no room for %" PRIu64 " entries", pages);
	return own;
}

void read_pagemap(struct reading *reading)
{
	uint64_t window = min_u64(reading->layout->pages, WINDOW) + GUARD;
	struct pagemap_reading pr = {
		.reading = reading,
		.layout = reading->layout,
		.fd = open_proc(reading->pid, "pagemap"),
		.own = map_own(reading->layout->pages),
		.got = map_populated(window * ENTRY),
	};
	struct points points;
	size_t i;

	points_find(&points, pr.layout);
	read_own(&pr, &points);
	for (i = 0; i < points.nr; i++)
		read_point(&pr, points.points + i);
	for (i = 0; i < points.nr; i++)
		read_long(&pr, &points, i);
	read_whole(&pr);
	read_parts(&pr);
	points_free(&points);
	unmap_populated(pr.got, window * ENTRY);
	munmap(pr.own, pr.layout->pages * ENTRY);
	close(pr.fd);
}
