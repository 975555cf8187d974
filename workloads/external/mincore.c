// SPDX-License-Identifier: GPL-2.0
/*
 * mm_regression, cases/mm/mincore with lib/test_mincore.c: six mappings, one
 * behind the other, and what mincore() has to say of them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "external/mincore.h"
#include "external/place.h"
#include "kernel/leftover.h"
#include "space/pool.h"

#define SIZE	HUGE_SIZE	/* of most mappings */
#define MOST	(4 * HUGE_PAGES)

/* Take the next page, and how often it repeats, off a pattern. */
static char next_run(const char **pattern, unsigned long *times)
{
	char *end = (char *)*pattern + 1, bit = **pattern;

	*times = 1;
	if (*end == '{')
		*times = strtoul(end + 1, &end, 10), end++;
	*pattern = end;
	return bit;
}

static void check_run(struct check *check, const unsigned char *vec,
		      size_t first, size_t times, char bit)
{
	size_t i;

	for (i = first; i < first + times; i++) {
		check->checked++;
		if (vec[i] != bit - '0')
			check_fail(check, "page %zu is 0x%02x%s, expected %c",
				   i, vec[i], vec[i] == LEFTOVER ?
				   ", what was left in kernel memory" : "", bit);
	}
}

void check_mincore(struct check *check, void *memory, const char *pattern)
{
	static unsigned char vec[MOST];
	const char *rest = pattern;
	unsigned long times;
	size_t pages = 0;

	while (*rest) {
		next_run(&rest, &times);
		pages += times;
	}
	leave_in_kernel_memory();
	if (mincore(memory, pages * PAGE_SIZE, vec))
		check_fail(check, "%s", strerror(errno));
	else
		for (pages = 0; *pattern; pages += times) {
			char bit = next_run(&pattern, &times);

			check_run(check, vec, pages, times, bit);
		}
}

/* Half of its pages were touched. */
static char *map_half(void)
{
	char *memory = place_anon(0, SIZE);

	memset(memory, 'a', SIZE / 2);
	return memory;
}

/* A byte of its huge page was touched. */
static char *map_huge(void)
{
	char *memory = place_hugetlb(SIZE, SIZE);

	*memory = 'a';
	return memory;
}

/* Half of a VMA was touched that no huge page would fit. */
static char *map_unaligned(void)
{
	char *memory = place_anon(3 * SIZE, SIZE);

	munmap(memory, SIZE / 4);
	munmap(memory + SIZE * 3 / 4, SIZE / 2);
	memory += SIZE / 4;
	memset(memory, 'a', SIZE / 4);
	return memory;
}

/* A file whose first and last two pages were written. */
static char *map_hole_file(void)
{
	static const char pages[2 * PAGE_SIZE];
	int fd = place_new_file(0, 0);
	char *memory;

	if (pwrite(fd, pages, sizeof(pages), 0) != sizeof(pages) ||
	    pwrite(fd, pages, sizeof(pages), 2046 * PAGE_SIZE) != sizeof(pages))
		die("memfd: %s", strerror(errno));
	memory = place_file(4 * SIZE, 4 * SIZE, fd);
	close(fd);
	memset(memory, 'a', PAGE_SIZE);
	memset(memory + 4 * SIZE - 2 * PAGE_SIZE, 'a', PAGE_SIZE);
	return memory;
}

/* The first of two pages was touched, of each of two VMAs in a table. */
static char *map_small(uint64_t page)
{
	char *memory = place_anon(8 * SIZE + page * PAGE_SIZE, 2 * PAGE_SIZE);

	*memory = 'a';
	return memory;
}

static void check_mincores(struct rule_run *run)
{
	uint64_t pool = pool_add(1);
	char *half = map_half(), *huge = map_huge(), *odd = map_unaligned();
	char *file = map_hole_file(), *small = map_small(0), *other = map_small(4);

	check_mincore(rule_case(run, "mincore1"), half, "1{256}0{256}");
	check_mincore(rule_case(run, "mincore2"), huge, "1{512}");
	rule_skip(run, "mincore3",
		  "this kernel has no transparent huge pages");
	check_mincore(rule_case(run, "mincore4"), odd, "1{128}0{128}");
	check_mincore(rule_case(run, "mincore5"), file, "110{2044}11");
	check_mincore(rule_case(run, "mincore6"), small, "10");
	check_mincore(rule_case(run, "mincore7"), other, "10");
	place_clear();
	pool_restore(pool);
}

const struct rule external_mincore = {
	"mm_regression/mincore", "mincore", check_mincores
};
