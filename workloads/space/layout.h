/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout describes an address space: which VMAs lie where and which of
 * their pages are populated. It is the truth that everything else is checked
 * against, so nothing in here asks the kernel.
 *
 * Addresses are counted in pages from the layout's base.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kind {
	KIND_HOLE,	/* no VMA */
	KIND_ANON,	/* private, anonymous, writable */
	KIND_PFNMAP,	/* VM_PFNMAP, shared, mapped throughout */
	KIND_HUGETLB,	/* private, anonymous, of huge pages */
	KIND_PFNMAP_COW,	/* VM_PFNMAP, private: copied on write */
	KIND_PFNMAP_FAULT,	/* VM_PFNMAP, shared, mapped by faults */
	KIND_MIXEDMAP,	/* VM_MIXEDMAP, shared, mapped by faults */
	KIND_POISONED,	/* private, anonymous: its pages are poison markers */
	KIND_ZERO,	/* private, anonymous, read-only: the zero page */
};

const char *kind_name(enum kind kind);
bool kind_is_pfnmap(enum kind kind);

/*
 * One VMA. Of its pages (huge pages, in a hugetlb VMA) numbers first,
 * first + step, first + 2 * step, ... are populated, by a write, or by a read
 * where it is the zero page that they get; none if step is 0. Poison markers are
 * entries that are neither empty nor present.
 */
struct region {
	enum kind kind;
	uint64_t start;
	uint64_t pages;
	uint64_t first;
	uint64_t step;
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
	enum kind kind;
	const struct region *region;	/* NULL in a hole */
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

/* Appending to a layout. A region that would merge with the last one dies. */
void layout_hole(struct layout *layout, uint64_t pages);
void layout_region(struct layout *layout, enum kind kind, uint64_t pages,
		   uint64_t first, uint64_t step);
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
/* How many (huge) pages of it are populated. */
uint64_t region_populated(const struct region *region);
/* How many pages of it, populated or not, lie in a PTE table that exists. */
uint64_t region_reached(const struct layout *layout,
			const struct region *region);

#endif
