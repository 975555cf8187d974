// SPDX-License-Identifier: GPL-2.0
/* What the kernel says of memory: smaps, pagemap, its scan, kpageflags. */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "thp.h"

/* linux/fs.h has these since Linux 6.7 */
#define PAGE_IS_HUGE	(1ULL << 6)

struct page_region {
	uint64_t start, end, categories;
};

struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end;
	uint64_t vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask;
	uint64_t category_anyof_mask, return_mask;
};

#define PAGEMAP_SCAN	_IOWR('f', 16, struct pm_scan_arg)

unsigned long smaps_kib(const char *at, unsigned long bytes, const char *field)
{
	uintptr_t start, end, from = (uintptr_t)at, to = from + bytes;
	unsigned long kib, sum = 0;
	char line[512], name[64];
	bool inside = false;
	FILE *smaps = fopen("/proc/self/smaps", "r");

	if (!smaps)
		err(1, "smaps");
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &start, &end) == 2)
			inside = start < to && end > from;
		else if (inside && sscanf(line, "%63[^:]: %lu", name, &kib) == 2 &&
			 !strcmp(name, field))
			sum += kib;
	}
	fclose(smaps);
	return sum;
}

static int open_pagemap(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);

	if (fd < 0)
		err(1, "pagemap");
	return fd;
}

unsigned long huge_by_scan(char *at, unsigned long bytes)
{
	struct page_region found[64];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = (uintptr_t)at, .end = (uintptr_t)at + bytes,
		.vec = (uintptr_t)found, .vec_len = 64,
		.category_mask = PAGE_IS_HUGE, .return_mask = PAGE_IS_HUGE,
	};
	int pagemap = open_pagemap();
	int regions = ioctl(pagemap, PAGEMAP_SCAN, &arg);
	unsigned long pages = 0;

	if (regions < 0)
		err(1, "PAGEMAP_SCAN");
	close(pagemap);
	while (regions--)
		pages += (found[regions].end - found[regions].start) / PAGE;
	return pages;
}

static uint64_t entry_of(int file, unsigned long index)
{
	uint64_t entry;

	if (pread(file, &entry, sizeof(entry), index * sizeof(entry)) !=
	    sizeof(entry))
		err(1, "pread");
	return entry;
}

unsigned long pages_present(char *at, unsigned long pages)
{
	unsigned long present = 0;
	int pagemap = open_pagemap();

	for (unsigned long page = 0; page < pages; page++)
		present += entry_of(pagemap, (uintptr_t)at / PAGE + page) >> 63;
	close(pagemap);
	return present;
}

unsigned long kpageflags(char *at)
{
	int pagemap = open_pagemap(), file = open("/proc/kpageflags", O_RDONLY);
	uint64_t entry = entry_of(pagemap, (uintptr_t)at / PAGE);
	unsigned long flags = 0;

	if (file < 0)
		err(1, "kpageflags");
	if (entry >> 63)
		flags = entry_of(file, entry & ((1ULL << 55) - 1));
	close(pagemap);
	close(file);
	return flags;
}

bool is_huge(char *at)
{
	unsigned long kib = smaps_kib(at, HUGE, "AnonHugePages") +
			    smaps_kib(at, HUGE, "ShmemPmdMapped");

	return kib == HUGE >> 10 && huge_by_scan(at, HUGE) == PAGES &&
	       pages_present(at, PAGES) == PAGES &&
	       kpageflags(at) & KPF_THP && kpageflags(at + HUGE - PAGE) & KPF_THP;
}

bool is_split(char *at)
{
	return !smaps_kib(at, HUGE, "AnonHugePages") &&
	       !smaps_kib(at, HUGE, "ShmemPmdMapped") && !huge_by_scan(at, HUGE);
}
