// SPDX-License-Identifier: GPL-2.0
/*
 * Tests that huge pages of 1 GiB keep what is written to them, and give nothing
 * away, whatever is done to them. Prints TAP.
 */
#include <err.h>
#include <errno.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../thp/thp.h"

#define GIGANTIC	(1UL << 30)
#define GIGANTIC_PAGES	(GIGANTIC / PAGE)
#define POOL		"/sys/kernel/mm/hugepages/hugepages-1048576kB/"
#define POOL_PAGES	2

/* Far from all else, so that a PUD has nothing but what is mapped there. */
#define PLACE		((char *)(64 * GIGANTIC))
#define OTHER_PLACE	((char *)(80 * GIGANTIC))

/* One page in 16 MiB, each in another place of its 2 MiB. */
#define STEP		4099UL

static int tests;

void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
}

static char *map_gigantic(char *place, int flags, int fd)
{
	char *at = mmap(place, GIGANTIC, PROT_READ | PROT_WRITE,
			MAP_FIXED_NOREPLACE | flags, fd, 0);

	if (at != place)
		err(1, "mmap");
	return at;
}

static char *map_private(void)
{
	return map_gigantic(PLACE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			    MAP_HUGE_1GB, -1);
}

static void unmap_gigantic(char *at)
{
	if (munmap(at, GIGANTIC))
		err(1, "munmap");
}

static void fill_some(char *at, int seed)
{
	for (unsigned long page = 0; page < GIGANTIC_PAGES; page += STEP)
		fill(at, page, 1, seed);
}

static bool holds_some(const char *at, int seed)
{
	for (unsigned long page = 0; page < GIGANTIC_PAGES; page += STEP)
		if (!holds(at, page, 1, seed))
			return false;
	return true;
}

static long pool(const char *file)
{
	FILE *from = fopen(file, "r");
	long pages = -1;

	if (!from || fscanf(from, "%ld", &pages) != 1)
		err(1, "%s", file);
	fclose(from);
	return pages;
}

static void fill_pool(void)
{
	FILE *to = fopen(POOL "nr_hugepages", "w");

	if (!to || fprintf(to, "%d\n", POOL_PAGES) < 0 || fclose(to))
		err(1, POOL "nr_hugepages");
	ok(pool(POOL "nr_hugepages") == POOL_PAGES, "the pool has huge pages");
}

static void by_writing(void)
{
	char *at = map_private();

	fill(at, 7, 1, 1);
	ok(pool(POOL "free_hugepages") == POOL_PAGES - 1,
	   "a write brings in a huge page");
	ok(smaps_kib(at, GIGANTIC, "Private_Hugetlb") == GIGANTIC >> 10 &&
	   smaps_kib(at, GIGANTIC, "MMUPageSize") == GIGANTIC >> 10,
	   "smaps has it");
	ok(huge_by_scan(at, GIGANTIC) == GIGANTIC_PAGES, "PAGEMAP_SCAN, too");
	ok(holds(at, 7, 1, 1) && holds(at, 8, 500, 0) &&
	   holds(at, GIGANTIC_PAGES - 1, 1, 0), "all else of it is zero");
	fill_some(at, 2);
	ok(holds_some(at, 2), "it keeps what is written");
	unmap_gigantic(at);
	ok(faults(at, false) && faults(at + GIGANTIC - PAGE, false),
	   "it is gone when unmapped");
}

/* The kernel reads and writes through its own mapping. */
static void by_system_calls(void)
{
	unsigned long from = 700UL << 20, to = GIGANTIC - 4 * PAGE;
	char *at = map_private();
	int ends[2];

	fill(at + from, 0, 4, 3);
	if (pipe(ends))
		err(1, "pipe");
	ok(write(ends[1], at + from, 4 * PAGE) == 4 * PAGE &&
	   read(ends[0], at + to, 4 * PAGE) == 4 * PAGE &&
	   holds(at + to, 0, 4, 3), "system calls find the page in it");
	mprotect(at, GIGANTIC, PROT_NONE);
	ok(write(ends[1], at + from, PAGE) < 0 && errno == EFAULT,
	   "but not with PROT_NONE");
	close(ends[0]);
	close(ends[1]);
	unmap_gigantic(at);
}

static void protected(void)
{
	char *at = map_private();

	fill_some(at, 4);
	mprotect(at, GIGANTIC, PROT_NONE);
	ok(faults(at, false) && faults(at + GIGANTIC / 2, false),
	   "nobody reads what is PROT_NONE");
	mprotect(at, GIGANTIC, PROT_READ);
	ok(holds_some(at, 4), "what is read-only can be read");
	ok(faults(at + GIGANTIC / 2, true), "and not be written");
	mprotect(at, GIGANTIC, PROT_READ | PROT_WRITE);
	fill(at, STEP, 1, 5);
	ok(holds(at, STEP, 1, 5) && holds(at, 2 * STEP, 1, 4),
	   "later it can be written");
	unmap_gigantic(at);
}

static bool child_copies(char *at)
{
	bool good = holds_some(at, 6);

	fill(at, STEP, 1, 7);
	return good && holds(at, STEP, 1, 7) && holds(at, 2 * STEP, 1, 6);
}

static void forked(void)
{
	char *at = map_private();
	int child, status;

	fill_some(at, 6);
	child = fork();
	if (!child)
		_exit(child_copies(at) ? 0 : 1);
	ok(waitpid(child, &status, 0) == child && !status,
	   "a child has a copy of what it writes to");
	ok(holds_some(at, 6), "its parent has not");
	fill_some(at, 8);
	ok(holds_some(at, 8), "the parent can write again");
	unmap_gigantic(at);
}

static void moved(void)
{
	char *at = map_private();

	fill_some(at, 9);
	ok(mremap(at, GIGANTIC, GIGANTIC, MREMAP_MAYMOVE | MREMAP_FIXED,
		  OTHER_PLACE) == OTHER_PLACE && holds_some(OTHER_PLACE, 9),
	   "mremap() takes it along");
	ok(faults(at, false) && faults(at + GIGANTIC / 2, false),
	   "it is not left behind");
	unmap_gigantic(OTHER_PLACE);
}

static void given_back(void)
{
	char *at = map_private();

	fill_some(at, 10);
	madvise(at, GIGANTIC, MADV_DONTNEED);
	ok(pool(POOL "free_hugepages") == POOL_PAGES, "MADV_DONTNEED frees it");
	ok(holds_some(at, 0), "the next one is zero");
	unmap_gigantic(at);
}

/* Page tables come where a huge page was, and a huge page where they were. */
static void replaced(void)
{
	char *at = map_private(), *small;

	fill_some(at, 11);
	unmap_gigantic(at);
	small = map_gigantic(PLACE, MAP_PRIVATE | MAP_ANONYMOUS |
			     MAP_NORESERVE, -1);
	ok(holds(small, 0, 4, 0) && holds(small, STEP, 4, 0),
	   "small pages in its place are zero");
	fill_some(small, 12);
	unmap_gigantic(small);
	at = map_private();
	ok(holds_some(at, 0), "so is a huge page in theirs");
	unmap_gigantic(at);
}

static void shared(void)
{
	int fd = memfd_create("gigantic", MFD_HUGETLB | MFD_HUGE_1GB);
	char *one, *two;

	if (fd < 0 || ftruncate(fd, GIGANTIC))
		err(1, "memfd_create");
	one = map_gigantic(PLACE, MAP_SHARED, fd);
	two = map_gigantic(OTHER_PLACE, MAP_SHARED, fd);
	close(fd);
	fill_some(one, 13);
	ok(holds_some(two, 13), "two mappings of a file have the same");
	unmap_gigantic(one);
	unmap_gigantic(two);
}

int main(void)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	fill_pool();
	by_writing();
	by_system_calls();
	protected();
	forked();
	moved();
	given_back();
	replaced();
	shared();
	ok(pool(POOL "free_hugepages") == POOL_PAGES, "all of them are free");
	printf("1..%d\n", tests);
	return 0;
}
