// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "external/said.h"
#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "truth/page.h"
#include "truth/smaps_check.h"

#define ENTRIES	UINT64_C(65536)	/* of pagemap, in one read */

static void say_vma(struct text *said, uint64_t start, uint64_t end,
		    const uint64_t *field)
{
	int i;

	text_add(said, "vma %" PRIx64 " %" PRIx64, start, end);
	for (i = 0; i < NR_SMAPS_FIELDS; i++)
		text_add(said, " %s=%" PRIu64, smaps_field_name(i), field[i]);
	text_add(said, "\n");
}

static void say_true_vma(struct text *said, const struct layout *layout,
			 const struct region *region)
{
	uint64_t start = layout_address(layout, region->start);
	uint64_t field[NR_SMAPS_FIELDS];

	smaps_expect(field, layout, region);
	say_vma(said, start, start + region->pages * PAGE_SIZE, field);
}

static void say_pages(struct text *said, uint64_t first, uint64_t end,
		      uint64_t step, uint64_t unit, const char *flags)
{
	text_add(said, "pages %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64 " %s\n",
		 first, end, step, unit, flags);
}

static const char *true_flags(char *flags, const struct truth *truth)
{
	uint64_t entry = page_entry(truth), is = page_categories(truth);

	sprintf(flags, "%s%s%s",
		is & SCAN_PFNZERO ? "z" : entry & PM_FILE ? "F" : "a",
		is & SCAN_HUGE ? "G" : "", entry & PM_EXCLUSIVE ? "1" : "");
	return flags;
}

static void say_true_pages(struct text *said, const struct layout *layout,
			   const struct region *region)
{
	uint64_t start = layout_address(layout, region->start) / PAGE_SIZE;
	uint64_t unit = region_unit(region);
	size_t i;

	for (i = 0; i < region->nr_ranges; i++) {
		const struct range *range = region->ranges + i;
		struct truth truth = layout_at(layout, region->start +
					       range->first * unit);
		char flags[8];

		if (!page_is_known(&truth) || !page_entry(&truth))
			continue;
		say_pages(said, start + range->first * unit,
			  start + range->end * unit, range->step * unit, unit,
			  true_flags(flags, &truth));
	}
}

static uint64_t pages_of_file(int fd)
{
	struct stat stat;

	if (fstat(fd, &stat))
		die("a mapped file: %s", strerror(errno));
	return stat.st_size / PAGE_SIZE;
}

/* No page of a file is mapped twice. */
static uint64_t resident_pages(const struct layout *layout,
			       const struct region *region)
{
	uint64_t pages = 0;
	size_t i;

	if (region->cached)
		return pages_of_file(region->file);
	for (i = 0; i < layout->nr_regions; i++)
		if (memory_is(layout->regions[i].memory, BACKING_FILE) &&
		    layout->regions[i].file == region->file)
			pages += region_populated(layout->regions + i);
	return pages;
}

static void say_file(struct text *said, const struct layout *layout,
		     const struct region *region, uint64_t resident)
{
	text_add(said, "file %" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
		 layout_address(layout, region->start), resident,
		 pages_of_file(region->file));
}

void say_truth(struct text *said, const struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		say_true_vma(said, layout, region);
		say_true_pages(said, layout, region);
		if (memory_is(region->memory, BACKING_FILE))
			say_file(said, layout, region,
				 resident_pages(layout, region));
	}
}

static const char *entry_flags(uint64_t entry)
{
	static const char * const flags[] = { "-", "F", "1", "F1" };

	return flags[!!(entry & PM_FILE) + 2 * !!(entry & PM_EXCLUSIVE)];
}

/* Say the present pages, those in a row with the same flags in a line. */
static void say_entries(struct text *said, uint64_t page,
			const uint64_t *entries, uint64_t n)
{
	uint64_t i, first;

	for (i = 0; i < n; i++) {
		if (!(entries[i] & PM_PRESENT))
			continue;
		first = i;
		while (i + 1 < n && entries[i + 1] & PM_PRESENT &&
		       entry_flags(entries[i + 1]) == entry_flags(entries[first]))
			i++;
		say_pages(said, page + first, page + i + 1, 1, 1,
			  entry_flags(entries[first]));
	}
}

static void say_read_pages(struct text *said, int fd,
			   const struct smaps_vma *vma)
{
	static uint64_t entries[ENTRIES];
	uint64_t at, n;
	int64_t got;

	for (at = vma->start; at < vma->end; at += got * PAGE_SIZE) {
		n = min_u64(ENTRIES, (vma->end - at) / PAGE_SIZE);
		got = pagemap_read(fd, at, entries, n);
		if (got <= 0)
			return;
		say_entries(said, at / PAGE_SIZE, entries, got);
	}
}

static void say_read_smaps(struct text *said, int pid, const char *text,
			   size_t len)
{
	int fd = open_proc(pid, "pagemap");
	char error[200];
	struct smaps smaps;
	size_t i;

	if (!smaps_parse(&smaps, text, len, error, sizeof(error)))
		die("%s", error);
	for (i = 0; i < smaps.nr; i++) {
		const struct smaps_vma *vma = smaps.vmas + i;

		say_vma(said, vma->start, vma->end, vma->field);
		say_read_pages(said, fd, vma);
	}
	smaps_free(&smaps);
	close(fd);
}

/* Ask mincore(), since the file is mapped by a process that is stopped. */
static uint64_t resident_by_mincore(int file)
{
	uint64_t pages = pages_of_file(file), resident = 0, i;
	unsigned char *vec = xcalloc(pages, 1);
	void *map = mmap(NULL, pages * PAGE_SIZE, PROT_READ, MAP_SHARED, file,
			 0);

	if (map == MAP_FAILED || mincore(map, pages * PAGE_SIZE, vec))
		die("a mapped file: %s", strerror(errno));
	for (i = 0; i < pages; i++)
		resident += vec[i] & 1;
	munmap(map, pages * PAGE_SIZE);
	free(vec);
	return resident;
}

void say_read(struct text *said, const struct layout *layout, int pid)
{
	char *text = map_populated(SMAPS_SIZE_MAX);
	int fd = open_proc(pid, "smaps");
	int64_t len = smaps_read(fd, text, SMAPS_SIZE_MAX);
	size_t i;

	if (len < 0)
		die("smaps: %s", strerror(-len));
	say_read_smaps(said, pid, text, len);
	for (i = 0; i < layout->nr_regions; i++)
		if (memory_is(layout->regions[i].memory, BACKING_FILE))
			say_file(said, layout, layout->regions + i,
				 resident_by_mincore(layout->regions[i].file));
	close(fd);
	unmap_populated(text, SMAPS_SIZE_MAX);
}
