// SPDX-License-Identifier: GPL-2.0
/* Huge pages of shared memory. */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "thp.h"

static bool file_holds(int fd, int seed)
{
	static char copy[HUGE];

	return pread(fd, copy, HUGE, 0) == HUGE && holds(copy, 0, PAGES, seed);
}

static void mapped_twice(int fd)
{
	char *at = map_file(fd, 1, MAP_SHARED), *too = map_file(fd, 1, MAP_SHARED);

	fill(at, 0, PAGES, 1);
	ok(is_huge(at), "shared memory has a huge page");
	ok(holds(too, 0, PAGES, 1) && is_huge(too), "two mappings have it");
	fill(too, 3, PAGES - 3, 2);
	ok(holds(at, 0, 3, 1) && holds(at, 3, PAGES - 3, 2), "and share it");
	fill(at, 0, PAGES, 1);
	ok(file_holds(fd, 1), "and so does a read of the file");
	unmap(too, 1);
	ok(holds(at, 0, PAGES, 1) && is_huge(at), "one goes, the other stays");
	unmap(at, 1);
}

static void private_copy(int fd)
{
	char *at = map_file(fd, 1, MAP_PRIVATE);

	ok(holds(at, 0, PAGES, 1), "a private mapping reads it");
	fill(at, 4, 1, 3);
	ok(holds(at, 4, 1, 3) && holds(at, 0, 4, 1) &&
	   holds(at, 5, PAGES - 5, 1), "and writes to a copy");
	ok(file_holds(fd, 1), "the file is as it was");
	unmap(at, 1);
}

static void punch(int fd)
{
	char *at = map_file(fd, 1, MAP_SHARED);

	ok(holds(at, 0, PAGES, 1) && is_huge(at), "mapped again it is huge");
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 8 * PAGE,
		      4 * PAGE))
		err(1, "fallocate");
	ok(is_split(at), "a hole in the file splits it");
	ok(holds(at, 8, 4, 0) && holds(at, 0, 8, 1) &&
	   holds(at, 12, PAGES - 12, 1), "and is zero, and nothing else");
	unmap(at, 1);
}

void test_shared(void)
{
	int fd = memfd_create("thp", 0);

	if (fd < 0 || ftruncate(fd, HUGE))
		err(1, "memfd");
	mapped_twice(fd);
	private_copy(fd);
	punch(fd);
	close(fd);
}
