/* SPDX-License-Identifier: GPL-2.0 */
/* The PAGEMAP_SCAN ioctl of Linux 6.7, which older headers do not have. */
#ifndef SCAN_H
#define SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>

#define SCAN_WPALLOWED	(UINT64_C(1) << 0)
#define SCAN_WRITTEN	(UINT64_C(1) << 1)
#define SCAN_FILE	(UINT64_C(1) << 2)
#define SCAN_PRESENT	(UINT64_C(1) << 3)
#define SCAN_SWAPPED	(UINT64_C(1) << 4)
#define SCAN_PFNZERO	(UINT64_C(1) << 5)
#define SCAN_HUGE	(UINT64_C(1) << 6)
#define SCAN_SOFT_DIRTY	(UINT64_C(1) << 7)
#define SCAN_ALL	0xff

/* Flags: protect what is reported; refuse what cannot be protected. */
#define SCAN_PROTECT	(UINT64_C(1) << 0)
#define SCAN_CHECK	(UINT64_C(1) << 1)

struct scan_region {
	uint64_t start, end, categories;
};

/* The same as struct pm_scan_arg of linux/fs.h. */
struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages,
		 category_inverted, category_mask, category_anyof_mask,
		 return_mask;
};

#define PAGEMAP_SCAN	_IOWR('f', 16, struct scan)

bool pagemap_has_scan(int fd);

/* Return how many regions a scan gave, or a negative error number. */
int64_t pagemap_scan(int fd, struct scan *scan);
/* The same, with whatever size it says that it has. */
int64_t pagemap_scan_as_is(int fd, struct scan *scan);

#endif
