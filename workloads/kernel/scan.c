// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "kernel/scan.h"

bool pagemap_has_scan(int fd)
{
	struct scan scan = { .start = 0, .end = 0 };

	return pagemap_scan(fd, &scan) != -ENOTTY;
}

int64_t pagemap_scan(int fd, struct scan *scan)
{
	scan->size = sizeof(*scan);
	return pagemap_scan_as_is(fd, scan);
}

int64_t pagemap_scan_as_is(int fd, struct scan *scan)
{
	int got = ioctl(fd, PAGEMAP_SCAN, scan);

	return got < 0 ? -errno : got;
}
