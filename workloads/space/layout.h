/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout describes an address space: where its VMAs lie, what memory they
 * have and which of their pages are populated. It is the truth for all checks,
 * so nothing in here asks the kernel.
 *
 * Addresses are counted in pages from the layout's base.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum backing {
	BACKING_ANON,
	BACKING_HUGETLB,
	BACKING_PFNMAP,		/* VM_PFNMAP, mapped throughout */
	BACKING_PFNMAP_FAULT,	/* VM_PFNMAP, mapped by faults */
	BACKING_MIXEDMAP,	/* VM_MIXEDMAP, mapped by faults */
	BACKING_FILE,
};

/* The content of populated pages. */
enum content {
	CONTENT_WRITTEN,	/* given by a write */
	CONTENT_READ,		/* given by a read: the zero page */
	CONTENT_POISON,		/* poison markers, neither empty nor present */
	CONTENT_FREED,		/* written, and then given up by MADV_FREE */
	CONTENT_PROTECTED,	/* written, and then protected by userfaultfd */
	CONTENT_FORKED,		/* written, and then shared with a child */
	CONTENT_SWAPPED,	/* written, and then swapped out */
	CONTENT_MERGED,		/* written, and then merged by KSM, two by two */
};

/* What a file is on. Pages of ramfs are in the page cache alone. */
enum filesystem { ON_MEMFD, ON_TMPFS, ON_RAMFS };

/* How it is locked: not, by mlock(), or by mlock2() with MLOCK_ONFAULT. */
enum lock { LOCK_NONE, LOCK_ALL, LOCK_ONFAULT };

/* The memory of a VMA. */
struct memory {
	const char *name;	/* its name in reports, "anon" */
	enum backing backing;
	int prot;		/* as mmap() takes it */
	bool shared;
	enum content content;
	bool apart;		/* does not merge with memory that is not */
	enum lock lock;
	bool grows;		/* downwards, as a stack does */
	bool reserved;		/* hugetlb: huge pages are kept for all of it */
	bool gigantic;		/* hugetlb: its huge pages are of 1 GiB */
	bool thp;		/* anonymous: see enum thp */
	enum filesystem on;	/* of a file */
};

/* Private memory: PFNMAP is copied on write, so populating a page copies it. */
extern const struct memory mem_anon, mem_hugetlb, mem_pfnmap_cow, mem_poisoned;
extern const struct memory mem_zero;	/* the same, read-only */
extern const struct memory mem_anon_apart, mem_thp;
extern const struct memory mem_file;	/* written, and copied by that */
/* Shared. */
extern const struct memory mem_pfnmap, mem_pfnmap_fault, mem_mixedmap;
extern const struct memory mem_file_shared, mem_hugetlb_shared;

/* @memory is NULL in a hole. */
bool memory_is(const struct memory *memory, enum backing backing);
bool memory_is_pfnmap(const struct memory *memory);
/* Tell whether its pages were given by a write, whatever has become of them. */
bool memory_is_written(const struct memory *memory);
/* Tell whether it is memory that only the probe has. */
bool memory_is_of_probe(const struct memory *memory);
/*
 * Return what there is of it: without the probe, @probe is NO_PROBE, memory
 * that nobody can use stands in for such memory.
 */
const struct memory *memory_there(const struct memory *memory, int probe);

/* The numbers first, first + step, first + 2 * step, ... below end. */
struct range {
	uint64_t first, end, step;
};

/* Memory of a file gets one of its own when it is mapped. */
#define NO_FILE	(-1)

/* One VMA. Ranges number its pages, or its huge pages if it is hugetlb. */
struct region {
	const struct memory *memory;
	uint64_t start;
	uint64_t pages;
	size_t nr_ranges;
	struct range *ranges;	/* populated pages, none twice */
	size_t nr_dropped;
	struct range *dropped;	/* that were populated, and given back */
	size_t nr_copied;
	struct range *copied;	/* populated and forked, and copied since */
	int file;		/* the file that is mapped, or NO_FILE... */
	uint64_t offset;	/* ...from that page on */
	bool cached;		/* all of its pages are in memory */
};

struct layout {
	const char *name;
	uint64_t base;		/* address of page 0 */
	uint64_t pages;		/* from the base to the end, including holes */
	size_t nr_regions;
	struct region *regions;	/* ascending, with holes between them */
};

/*
 * How a page lies in a transparent huge page. There is one in each aligned 2 MiB
 * of such memory that were populated throughout.
 */
enum thp {
	THP_NONE,
	THP_WHOLE,		/* mapped by a PMD */
	THP_PART,		/* mapped by PTEs, for others were given back */
};

/* The truth about one page. */
struct truth {
	const struct memory *memory;	/* NULL in a hole */
	const struct region *region;	/* likewise */
	bool present;			/* a page of memory is mapped there */
	bool swapped;			/* it is not in memory, but swapped out */
	bool copied;			/* the child has another page there */
	bool repeated;			/* other VMAs have the same page */
	enum thp thp;
};

/* Counts of a layout. */
struct layout_stats {
	uint64_t present;	/* populated pages of 4 KiB */
	uint64_t huge;		/* populated huge pages of any size */
	uint64_t gigantic;	/* of these, those of 1 GiB */
	uint64_t tables;	/* PTE tables */
};

/*
 * The usual base of a layout, 64 GiB, is far from the program, its heap and its
 * stack, and far from the end of user-mode Linux's 512 GiB. It is aligned to a
 * top-level entry (1 GiB).
 */
#define LAYOUT_BASE	UINT64_C(0x1000000000)

/* Append to a layout, or die if the region is impossible. */
void layout_hole(struct layout *layout, uint64_t pages);
struct region *layout_vma(struct layout *layout, const struct memory *memory,
			  uint64_t pages);
/* Append a region at @start, with a hole before it. */
struct region *layout_vma_at(struct layout *layout, uint64_t start,
			     const struct memory *memory, uint64_t pages);
/*
 * Say why somebody's region is impossible, or would be one VMA with the last,
 * which nothing of a layout itself keeps apart; or return NULL.
 */
const char *layout_cannot(const struct layout *layout,
			  const struct memory *memory, uint64_t pages);
/* Populate every @step-th page of [first, end); nothing if @step is 0. */
void region_populate(struct region *region, uint64_t first, uint64_t end,
		     uint64_t step);
/* The same with pages that are populated, and then given back by madvise(). */
void region_drop(struct region *region, uint64_t first, uint64_t end,
		 uint64_t step);
/* Of pages that are populated, have these copied by the process or its child. */
void region_copy(struct region *region, uint64_t first, uint64_t end,
		 uint64_t step);
/* Append a region that is populated to its end. */
void layout_region(struct layout *layout, const struct memory *memory,
		   uint64_t pages, uint64_t first, uint64_t step);
void layout_free(struct layout *layout);
/* Append what @other has. It begins at a top-level entry, as all layouts do. */
void layout_append(struct layout *layout, const struct layout *other);

struct truth layout_at(const struct layout *layout, uint64_t page);
/* Return the first page of the longest stretch without a hole, and its @pages. */
uint64_t layout_longest_stretch(const struct layout *layout, uint64_t *pages);
/* Return the first page behind the region or the hole that has @page. */
uint64_t layout_until(const struct layout *layout, uint64_t page);
bool layout_is_of_probe(const struct layout *layout);
/* Return how many VMAs have VM_MIXEDMAP memory, which is the same in all. */
uint64_t layout_mixedmaps(const struct layout *layout);
/* Tell whether any of its memory has such pages. */
bool layout_has(const struct layout *layout, enum content content);
/*
 * Tell whether it is of a transparent huge page that, once it is split, can be
 * made anew: the kernel makes none of pages that are all write-protected, as
 * those are that a child shares.
 */
bool thp_can_be_made(const struct truth *truth);
/* Tell whether it has memory that needs transparent huge pages. */
bool layout_needs_thp(const struct layout *layout);
/* Tell whether it has VMAs with huge pages of 1 GiB. */
bool layout_needs_gigantic(const struct layout *layout);
/*
 * Return the first page of the next transparent huge page, mapped by a PMD or by
 * PTEs, that has pages from @page on and begins below @end; or return @end.
 */
uint64_t layout_next_thp(const struct layout *layout, uint64_t page,
			 uint64_t end);

/* The level without an entry on the way to a page, as pte_hole() counts. */
enum {
	LEVEL_NONE = -1,	/* there is a PTE table, or a huge page */
	LEVEL_TOP = 0,
	LEVEL_PTE_TABLE = 3,	/* the table above has no entry for it */
};

int layout_missing_level(const struct layout *layout, uint64_t page);

struct layout_stats layout_stats(const struct layout *layout);

uint64_t layout_address(const struct layout *layout, uint64_t page);
uint64_t layout_end(const struct layout *layout);

/* Return how many huge pages of 2 MiB the pool has to have for it, or of 1 GiB. */
uint64_t layout_pool(const struct layout *layout);
uint64_t layout_gigantic_pool(const struct layout *layout);

/* The page size of a region in pages: 1, or that of a huge page. */
uint64_t region_unit(const struct region *region);
/* Return how many (huge) pages of a region are populated, or if all are. */
uint64_t region_populated(const struct region *region);
/* Tell whether huge pages are kept for all of it. */
bool region_is_reserved(const struct region *region);
bool region_is_full(const struct region *region);
uint64_t region_copied(const struct region *region);
/* Return how many pages of a region lie in PTE tables that exist. */
uint64_t region_reached(const struct layout *layout,
			const struct region *region);

#endif
