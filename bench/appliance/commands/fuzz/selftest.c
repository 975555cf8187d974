// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096UL
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PM_PRESENT	(1ULL << 63)
#define IS_PRESENT	8	/* categories of PAGEMAP_SCAN */
#define IS_PFNZERO	32
#define SKIP		4

struct region {
	uint64_t start, end, categories;
};

struct scan {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask;
	uint64_t return_mask;
};

#define PAGEMAP_SCAN	_IOWR('f', 16, struct scan)

int read_bytes;		/* so that reads are made */

static const char *wrong;
static uint64_t wrong_page;

static void expect(bool right, uint64_t page, const char *what)
{
	if (right || wrong)
		return;
	wrong = what;
	wrong_page = page;
}

static void skip(const char *why)
{
	printf("ok 1 # SKIP %s: %s\n", why, strerror(errno));
	exit(SKIP);
}

static const struct area *area_of(uint64_t page)
{
	size_t i;

	for (i = 0; i < COUNT(areas); i++)
		if (page >= areas[i].start && page < areas[i].end)
			return areas + i;
	return NULL;
}

/* Was the page touched, so that it is present? */
static bool is_touched(uint64_t page)
{
	size_t i;

	for (i = 0; i < COUNT(touched); i++)
		if (page >= touched[i].start && page < touched[i].end)
			return true;
	return false;
}

static uint64_t touched_in(const struct area *area)
{
	uint64_t page, nr = 0;

	for (page = area->start; page < area->end; page++)
		nr += is_touched(page);
	return nr;
}

static bool is_pfnmap(const struct area *area)
{
	return area && (area->kind == LINEAR || area->kind == COW);
}

static void map_area(const struct area *area, int file)
{
	int flags = MAP_FIXED | MAP_NORESERVE |
		    (area->kind == LINEAR ? MAP_SHARED : MAP_PRIVATE) |
		    (is_pfnmap(area) ? 0 : MAP_ANONYMOUS) |
		    (area->kind == HUGETLB ? MAP_HUGETLB : 0);
	uint64_t size = (area->end - area->start) * PAGE;
	void *address = (void *)(area->start * PAGE);

	/* The file of umwalk's probe makes LINEAR memory at 0 and COW at 1. */
	if (mmap(address, size, area->kind == ZERO ? PROT_READ :
		 PROT_READ | PROT_WRITE, flags, is_pfnmap(area) ? file : -1,
		 area->kind == COW ? PAGE : 0) == MAP_FAILED)
		skip("cannot map the memory");
	/* Neighbours would be one VMA. */
	if ((area - areas) % 2 && area->kind == ANON)
		madvise(address, size, MADV_DONTDUMP);
}

/* Have as many huge pages as are touched. */
static void need_huge_pages(void)
{
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "r+");
	size_t i, have = 0, need = 0;

	for (i = 0; i < COUNT(areas); i++)
		if (areas[i].kind == HUGETLB)
			need += touched_in(areas + i) / 512;
	if (!need)
		return;
	if (!file || fscanf(file, "%zu", &have) != 1)
		skip("nr_hugepages");
	if (have < need) {
		rewind(file);
		fprintf(file, "%zu", need);
	}
	fclose(file);
}

static void build(int file)
{
	uint64_t page;
	size_t i;

	need_huge_pages();
	for (i = 0; i < COUNT(areas); i++)
		map_area(areas + i, file);
	for (i = 0; i < COUNT(touched); i++)
		for (page = touched[i].start; page < touched[i].end; page++) {
			char *byte = (char *)(page * PAGE);

			if (area_of(page)->kind == ZERO)
				read_bytes += *byte;
			else
				*byte = 1;
		}
}

static int open_own(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		skip(path);
	return fd;
}

static inline void read_pagemap(void)
{
	static uint64_t entries[TO - FROM];
	int fd = open_own("pagemap");
	uint64_t page;

	expect(pread(fd, entries, sizeof(entries), FROM * 8) ==
	       sizeof(entries), FROM, "pagemap gave too few entries");
	for (page = FROM; page < TO; page++) {
		bool right = is_touched(page) && !is_pfnmap(area_of(page));

		expect(!(entries[page - FROM] & PM_PRESENT) == !right, page,
		       right ? "pagemap: a touched page is absent" :
			       "pagemap: a page is present that is not");
	}
}

/* What a kernel that sets no byte would give: the buffer of a pipe, now free. */
static void leave_in_kernel_memory(void)
{
	static char page[PAGE];
	int ends[2];

	memset(page, 0xa5, sizeof(page));
	if (pipe(ends) || write(ends[1], page, sizeof(page)) != sizeof(page))
		skip("pipe");
	close(ends[1]);
	close(ends[0]);
}

static inline void read_mincore(void)
{
	static unsigned char vector[TO - FROM];
	bool has_hole = false;
	uint64_t page;
	int err;

	for (page = FROM; page < TO; page++)
		has_hole |= !area_of(page);
	memset(vector, 0x77, sizeof(vector));
	leave_in_kernel_memory();
	err = mincore((void *)(FROM * PAGE), (TO - FROM) * PAGE, vector);
	expect(!err == !has_hole, FROM, "mincore: success or failure is wrong");
	for (page = FROM; page < TO && !err && !has_hole; page++) {
		unsigned char got = vector[page - FROM];

		/* It may say either of PFNMAP memory. */
		expect(is_pfnmap(area_of(page)) ? got < 2 :
		       got == is_touched(page), page, "mincore: wrong byte");
	}
}

static uint64_t categories_of(uint64_t page)
{
	if (!is_touched(page))
		return 0;
	return IS_PRESENT | (area_of(page)->kind == ZERO ? IS_PFNZERO : 0);
}

static inline void read_scan(void)
{
	static struct region regions[512];
	static uint64_t got[TO - FROM];
	struct scan scan = {
		.size = sizeof(scan), .start = FROM * PAGE, .end = TO * PAGE,
		.vec = (uintptr_t)regions, .vec_len = COUNT(regions),
		.category_inverted = INVERTED, .category_mask = MASK,
		.category_anyof_mask = ANYOF, .return_mask = RETURNED,
	};
	int fd = open_own("pagemap"), i, nr;
	uint64_t page;

	nr = ioctl(fd, PAGEMAP_SCAN, &scan);
	if (nr < 0 && errno == ENOTTY)
		skip("PAGEMAP_SCAN");
	expect(nr >= 0, FROM, "PAGEMAP_SCAN failed");
	for (i = 0; i < nr; i++)
		for (page = regions[i].start / PAGE;
		     page < regions[i].end / PAGE; page++)
			got[page - FROM] = regions[i].categories | 1ULL << 63;
	for (page = FROM; page < TO; page++) {
		uint64_t is = categories_of(page) ^ INVERTED;
		bool asked = area_of(page) && !is_pfnmap(area_of(page)) &&
			     (is & MASK) == MASK && (!ANYOF || is & ANYOF);

		expect(got[page - FROM] == (!asked ? 0 : 1ULL << 63 |
		       (categories_of(page) & RETURNED)), page,
		       "PAGEMAP_SCAN: wrong categories");
	}
}

static inline void read_smaps(void)
{
	FILE *file = fdopen(open_own("smaps"), "r");
	unsigned long start, end, kb;
	const struct area *area = NULL;
	size_t seen = 0;
	char line[400];

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
			area = area_of(start / PAGE);
			seen += area && area->start == start / PAGE &&
				area->end == end / PAGE;
		}
		if (!area)
			continue;
		if (sscanf(line, "Rss: %lu kB", &kb) == 1)
			expect(kb == (area->kind == ANON || area->kind == COW ?
			       4 * touched_in(area) : 0), area->start,
			       "smaps: wrong Rss");
		if (sscanf(line, "Private_Hugetlb: %lu kB", &kb) == 1)
			expect(kb == (area->kind == HUGETLB ?
			       4 * touched_in(area) : 0), area->start,
			       "smaps: wrong Private_Hugetlb");
	}
	expect(seen == COUNT(areas), areas[0].start, "smaps: VMAs are missing");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "/dev/mem";
	int file = -1;
	size_t i;

	printf("TAP version 13\n1..1\n");
	for (i = 0; i < COUNT(areas) && file < 0; i++) {
		if (!is_pfnmap(areas + i))
			continue;
		file = open(name, O_RDWR);
		if (file < 0)
			skip(name);
	}
	build(file);
	READ();
	if (wrong)
		printf("not ok 1 0x%lx: %s\n", (unsigned long)(wrong_page * PAGE),
		       wrong);
	else
		printf("ok 1\n");
	return !!wrong;
}
