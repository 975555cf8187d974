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
#define NR_HUGEPAGES	"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

/* Read a file with one number. */
static uint64_t read_number(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("%s: %s", NR_HUGEPAGES, strerror(errno));
	return strtoull(text, NULL, 10);
}

static int open_pool(void)
{
	int fd = open(NR_HUGEPAGES, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s: the layout needs hugetlb in the kernel, and root",
		    NR_HUGEPAGES, strerror(errno));
	return fd;
}

uint64_t pool_add(uint64_t huge)
{
	int fd = open_pool();
	uint64_t had = read_number(fd), got;

	/* A walk that went wrong may have lost some of the former pages. */
	dprintf(fd, "%" PRIu64 "\n", had + huge);
	got = read_number(fd);
	close(fd);
	if (got < had + huge)
		die("%s: got %" PRIu64 " huge pages more, %" PRIu64 " are needed: give the guest more memory",
		    NR_HUGEPAGES, got - had, huge);
	return had;
}

void pool_restore(uint64_t had)
{
	int fd = open_pool();

	dprintf(fd, "%" PRIu64 "\n", had);
	close(fd);
}
