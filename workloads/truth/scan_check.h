/* SPDX-License-Identifier: GPL-2.0 */
/* A PAGEMAP_SCAN of a part of a layout, and its comparison with the layout. */
#ifndef SCAN_CHECK_H
#define SCAN_CHECK_H

#include "kernel/scan.h"
#include "space/layout.h"
#include "truth/check.h"

#define SCAN_REGIONS_MAX	512

/* What a scan asks for, and which categories it gives back. */
struct scan_question {
	const char *name;
	uint64_t inverted, mask, anyof, report;
};

struct scan_try {
	const struct layout *layout;
	const struct scan_question *question;
	int fd;				/* pagemap */
	uint64_t from, to;		/* in pages of the layout */
	uint64_t max_pages;		/* 0: no limit */
	uint64_t max_regions;
	int64_t given;			/* regions, or an error number */
	uint64_t end;			/* where the scan says that it ended */
	struct scan_region got[SCAN_REGIONS_MAX];
};

void scan_try(struct scan_try *scan);
/* Tell whether the layout decides what the scan has to give. */
bool scan_is_known(const struct scan_try *scan);
void check_scan(struct check *check, const struct scan_try *scan);

#endif
