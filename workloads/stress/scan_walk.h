/* SPDX-License-Identifier: GPL-2.0 */
/* All present pages of a process by PAGEMAP_SCAN, region by region. */
#ifndef SCAN_WALK_H
#define SCAN_WALK_H

#include <stddef.h>

#include "kernel/scan.h"

#define SCAN_WALK_REGIONS	512

struct scan_walk {
	int fd;
	struct scan scan;
	int64_t got, next;	/* regions of the last call, and the next */
	uint64_t calls;
	int error;		/* negative */
	struct scan_region regions[SCAN_WALK_REGIONS];
};

/* Return where it ends: user-mode Linux refuses the last page there is. */
uint64_t scan_end(void);
void scan_begin(struct scan_walk *walk, int fd);
/* Return the next region, or NULL at the end or after an error. */
const struct scan_region *scan_next(struct scan_walk *walk);

#endif
