// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/util.h"
#include "space/pool.h"

/* The file of that name in /proc/sys/vm leaves out surplus pages. */
#define OF_SIZE(kb)	"/sys/kernel/mm/hugepages/hugepages-" #kb "kB/nr_hugepages"

static const char huge_pool[] = OF_SIZE(2048);
static const char gigantic_pool[] = OF_SIZE(1048576);

/* Read a file with one number. */
static uint64_t read_number(const char *pool, int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("%s: %s", pool, strerror(errno));
	return strtoull(text, NULL, 10);
}

static int open_pool(const char *pool)
{
	int fd = open(pool, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s: the layout needs hugetlb in the kernel, and root",
		    pool, strerror(errno));
	return fd;
}

static uint64_t add(const char *pool, uint64_t huge)
{
	int fd = open_pool(pool);
	uint64_t had = read_number(pool, fd), got;

	/* A walk that went wrong may have lost some of the former pages. */
	dprintf(fd, "%" PRIu64 "\n", had + huge);
	got = read_number(pool, fd);
	close(fd);
	if (got < had + huge)
		die("%s: got %" PRIu64 " huge pages more, %" PRIu64 " are needed: give the guest more memory",
		    pool, got - had, huge);
	return had;
}

static void restore(const char *pool, uint64_t had)
{
	int fd = open_pool(pool);

	dprintf(fd, "%" PRIu64 "\n", had);
	close(fd);
}

uint64_t pool_add(uint64_t huge)
{
	return add(huge_pool, huge);
}

void pool_restore(uint64_t had)
{
	restore(huge_pool, had);
}

bool pool_has_gigantic(void)
{
	return !access(gigantic_pool, F_OK);
}

void pools_add(struct pools *pools, const struct layout *layout)
{
	uint64_t huge = layout_pool(layout);
	uint64_t gigantic = layout_gigantic_pool(layout);

	*pools = (struct pools){ .huge = huge, .gigantic = gigantic };
	/* They need the most memory in a row. */
	if (gigantic)
		pools->gigantic_before = add(gigantic_pool, gigantic);
	if (huge)
		pools->huge_before = pool_add(huge);
}

void pools_restore(const struct pools *pools)
{
	if (pools->huge)
		pool_restore(pools->huge_before);
	if (pools->gigantic)
		restore(gigantic_pool, pools->gigantic_before);
}
