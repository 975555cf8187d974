/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process whose memory of every kind is registered for write protection, or
 * not, and what is true of each of its pages: what PAGEMAP_SCAN calls it, and
 * whether it is write-protected.
 */
#ifndef U10_SPACE_H
#define U10_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "rules/rule.h"
#include "space/layout.h"

/* How memory is registered for write protection. */
enum registered {
	REGISTERED_NOT,
	REGISTERED_ASYNC,
	/* A scan protects nothing in these: */
	REGISTERED_SYNC,
	REGISTERED_MISSING,	/* for something else */
};

/* A VMA. Pages first, first + step, ... are populated, huge pages if huge. */
struct protect_piece {
	const struct memory *memory;
	uint64_t start, pages;	/* from the base */
	uint64_t first, step;	/* step 0: no page */
	enum registered registered;
	bool protected;		/* all pages are at first, even absent ones */
};

/* The truth about a page. */
struct protect_page {
	const struct protect_piece *piece;	/* NULL in a hole */
	uint16_t always;	/* categories that no scan changes */
	bool protected;
	bool either;		/* protected or not is up to the kernel */
};

struct protect_space {
	struct layout layout;
	const struct protect_piece *pieces;
	size_t nr_pieces;
	int probe, pid, pagemap;
	int async, sync;	/* userfaultfds */
	uint64_t pool;		/* huge pages that there were before */
	struct protect_page *pages;
	uint64_t *entries;	/* what protect_read() gave at first */
};

/* Return false if the kernel has no asynchronous write protection. */
bool protect_start(struct protect_space *space,
		   const struct protect_piece *pieces, size_t nr_pieces,
		   int file, int probe);
void protect_stop(struct protect_space *space);

/* Have all pages be protected, or not, as they were at first. */
void protect_reset(struct protect_space *space);

/*
 * Read the pagemap entries of all pages but those of PFNMAP and holes. Each
 * VMA is read alone, so that what a walker says of others does not matter.
 */
void protect_read(const struct protect_space *space, uint64_t *entries);

static inline bool page_is_huge(const struct protect_page *page)
{
	return page->piece && memory_is(page->piece->memory, BACKING_HUGETLB);
}

/* Return what PAGEMAP_SCAN calls a page now. */
uint64_t protect_categories(const struct protect_page *page);

#endif
