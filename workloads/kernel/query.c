// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>

#include "kernel/query.h"

int maps_query(int fd, void *query)
{
	return ioctl(fd, PROCMAP_QUERY, query) ? -errno : 0;
}

bool maps_has_query(int fd)
{
	return maps_query(fd, NULL) != -ENOTTY;
}
