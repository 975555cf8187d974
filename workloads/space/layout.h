/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout describes an address space: which VMAs lie where, what they are of
 * and which of their pages are populated. It is the truth that everything else
 * is checked against, so nothing in here asks the kernel.
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

/* What populated pages have. */
enum content {
	CONTENT_WRITTEN,	/* what a write gives them */
	CONTENT_READ,		/* what a read gives them: the zero page */
	CONTENT_POISON,		/* poison markers, neither empty nor present */
};

/* What a VMA is of. */
struct memory {
	const char *name;	/* "anon", as reports call it */
	enum backing backing;
	int prot;		/* as mmap() takes it */
	bool shared;
	enum content content;
	bool apart;		/* does not merge with memory that is not */
};

/* Private: PFNMAP is copied on write, and pages are so by being populated. */
extern const struct memory mem_anon, mem_hugetlb, mem_pfnmap_cow, mem_poisoned;
extern const struct memory mem_zero;	/* the same, read-only */
extern const struct memory mem_anon_apart;
/* Shared. */
extern const struct memory mem_pfnmap, mem_pfnmap_fault, mem_mixedmap;

/* NULL is a hole. */
bool memory_is(const struct memory *memory, enum backing backing);
bool memory_is_pfnmap(const struct memory *memory);

/* The numbers first, first + step, first + 2 * step, ... below end. */
struct range {
	uint64_t first, end, step;
};

/* One VMA. The ranges are of its pages, in a hugetlb VMA of huge pages. */
struct region {
	const struct memory *memory;
	uint64_t start;
	uint64_t pages;
	size_t nr_ranges;
	struct range *ranges;	/* that are populated, none twice */
	int file;		/* that it is of, if it is of one... */
	uint64_t offset;	/* ...from that page on */
};

struct layout {
	const char *name;
	uint64_t base;		/* address of page 0 */
	uint64_t pages;		/* from the base to the end, holes included */
	size_t nr_regions;
	struct region *regions;	/* ascending; what lies between is a hole */
};

/* What is true of one page. */
struct truth {
	const struct memory *memory;	/* NULL in a hole */
	const struct region *region;	/* likewise */
	bool present;			/* a page of memory is mapped there */
};

/* The shape of a layout in numbers. */
struct layout_stats {
	uint64_t present;	/* populated pages of 4 KiB */
	uint64_t huge;		/* populated huge pages */
	uint64_t tables;	/* PTE tables */
};

/*
 * Where a layout begins unless it has to lie elsewhere: 64 GiB, far from the
 * program, its heap and its stack, and far from the end of user-mode Linux's
 * 512 GiB. Aligned to a top-level entry (1 GiB).
 */
#define LAYOUT_BASE	UINT64_C(0x1000000000)

/*
 * Appending to a layout. A region that cannot be, or that would merge with the
 * last one, dies; layout_cannot() says why, or NULL.
 */
void layout_hole(struct layout *layout, uint64_t pages);
struct region *layout_vma(struct layout *layout, const struct memory *memory,
			  uint64_t pages);
/* The same at @start, with a hole before it. */
struct region *layout_vma_at(struct layout *layout, uint64_t start,
			     const struct memory *memory, uint64_t pages);
const char *layout_cannot(const struct layout *layout,
			  const struct memory *memory, uint64_t pages);
/* Populate [first, end) of a region, every @step-th; a step of 0: nothing. */
void region_populate(struct region *region, uint64_t first, uint64_t end,
		     uint64_t step);
/* A region, populated to its end. */
void layout_region(struct layout *layout, const struct memory *memory,
		   uint64_t pages, uint64_t first, uint64_t step);
void layout_free(struct layout *layout);

struct truth layout_at(const struct layout *layout, uint64_t page);

/* What has no entry on the way to a page, as pte_hole() counts levels. */
enum {
	LEVEL_NONE = -1,	/* there is a PTE table, or a huge page */
	LEVEL_TOP = 0,
	LEVEL_PTE_TABLE = 3,	/* no entry for it in the table above */
};

int layout_missing_level(const struct layout *layout, uint64_t page);

struct layout_stats layout_stats(const struct layout *layout);
/* Its shape into the records. */
void layout_record(const struct layout *layout);

uint64_t layout_address(const struct layout *layout, uint64_t page);
uint64_t layout_end(const struct layout *layout);

/* Pages of a region's page size: 1, or those in a huge page. */
uint64_t region_unit(const struct region *region);
/* How many (huge) pages of it are populated, and whether all are at once. */
uint64_t region_populated(const struct region *region);
bool region_is_full(const struct region *region);
/* How many pages of it, populated or not, lie in a PTE table that exists. */
uint64_t region_reached(const struct layout *layout,
			const struct region *region);

#endif
