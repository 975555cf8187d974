/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is true of a process that lives on while it is read. Its page tables
 * change under the reader, so nothing tells what a read has to give. But some
 * of it is sure:
 *
 * - No page is reported that no VMA has. The VMAs are those in /proc/PID/maps
 *   before and after the read; what is in neither was mapped at no time.
 * - What a VMA is that stayed: which file, private or shared, huge or not,
 *   without any access. Its pages are of that kind.
 * - What the job's file and buffer once had, they keep: nothing unmaps it. So
 *   what one reader has reported, none may leave out later.
 * - The kernel counts pages when it maps them, and no walk does. No report has
 *   more.
 */
#ifndef LIVING_H
#define LIVING_H

#include "kernel/maps.h"
#include "kernel/scan.h"
#include "space/job.h"
#include "truth/check.h"

/* Pages that the kernel's counters have, as in /proc/PID/status. */
struct living_counts {
	uint64_t shared, hugetlb;
};

/* The life of one process. */
struct living {
	const struct job *job;
	struct maps before, after;		/* the last read */
	struct living_counts counts_before, counts_after;
	struct living_counts found;		/* reported by this read so far */
	/* The job's memory from page to page: the pages ever reported. */
	uint64_t start, pages;
	bool *reported;
};

/* From the job's first VMA to its last one, with so many pages around. */
#define LIVING_MARGIN	16

/* Begin a life with the VMAs in @before; the range is then start and pages. */
void living_begin(struct living *living);
void living_end(struct living *living);

/* A page of a VMA that stayed, or of none at any time. */
struct living_page {
	uint64_t address;
	const struct map *map;	/* the VMA that stayed, or NULL */
	bool gap;		/* there was no VMA before and after */
};

/*
 * Go from page to page: set *@page to that of @address. Addresses ascend from
 * one call to the next of the same @at, which is 0 at first.
 */
struct living_at {
	size_t before, after;
};

struct living_page living_page(const struct living *living, uint64_t address,
			       struct living_at *at);

/* Return whether all VMAs stayed. */
bool living_rests(const struct living *living);

/* The job's memory, of which nothing is unmapped. */
bool living_keeps(const struct living *living, const struct map *map);

/* Private memory without a file; what has a name in brackets may be special. */
bool map_is_anonymous(const struct map *map);
/* Memory that nobody may access, and that nobody ever did. */
bool map_is_guard(const struct map *map);

/* Take into account that a page is reported as present, or that it is not. */
void living_report(struct living *living, struct check *check,
		   const struct living_page *page, bool present);
/*
 * Check what @who has found against the kernel's counts, if all VMAs stayed.
 * Of shared memory there may be less: what fio is about to unmap counts until
 * it is gone, and has no VMA any more.
 */
void living_check_counts(const struct living *living, struct check *check,
			 const char *who);

/* Check what each reader has said. */
void living_check_smaps(struct living *living, struct check *check,
			const char *text, size_t len);
void living_check_pagemap(struct living *living, struct check *check,
			  const uint64_t *entries);
void living_check_scan(struct living *living, struct check *check,
		       const struct scan_region *regions, size_t nr);

#endif
