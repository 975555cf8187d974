/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PAGEMAP_SCAN of the memory of a protect_space, compared with what is true
 * of its pages: the regions, where it ended, and after it the protection of
 * every page.
 */
#ifndef U10_CHECK_H
#define U10_CHECK_H

#include "kernel/scan.h"
#include "rules/u10_space.h"
#include "truth/check.h"

#define PROTECT_REGIONS	2048

/* All categories that 6.12 has. */
#define SCAN_CATEGORIES	(SCAN_WPALLOWED | SCAN_WRITTEN | SCAN_FILE | \
			 SCAN_PRESENT | SCAN_SWAPPED | SCAN_PFNZERO | \
			 SCAN_HUGE | SCAN_SOFT_DIRTY)

/* What is asked; the rest of struct scan is as there. */
struct protect_try {
	uint64_t from, to;		/* in pages of the layout */
	uint64_t flags;
	uint64_t inverted, mask, anyof, report;
	uint64_t max_pages;		/* 0: no limit */
	uint64_t max_regions;		/* 0: without a vector */
};

/* Scan, check, and if it protects, check the protection and reset it. */
void protect_check(struct check *check, struct protect_space *space,
		   const struct protect_try *try);

#endif
