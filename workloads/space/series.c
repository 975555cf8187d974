// SPDX-License-Identifier: GPL-2.0
/*
 * In every layout all walkers have the same work to do, even those that look a
 * VMA up only where a top-level entry begins, or walk the page tables of a gap.
 * For this, gaps begin and end with a PTE table, and a layout begins and ends
 * with a VMA.
 */
#include "kernel/util.h"
#include "space/series.h"

#define TOP_TABLES	(TOP_PAGES / TABLE_PAGES)

/* The VMAs of series vmas share these pages, however many VMAs there are. */
#define VMAS_PAGES	UINT64_C(61440)

/*
 * The same 240 MiB, with a page present in each PTE table, are cut into more
 * and more VMAs without a gap. Neighbours have different permissions, or they
 * would merge.
 */
void series_vmas(struct layout *layout, uint64_t n)
{
	uint64_t i, start = 0, end, first;

	for (i = 0; i < n; i++, start = end) {
		end = (i + 1) * VMAS_PAGES / n;
		first = -start % TABLE_PAGES;
		layout_region(layout, i % 2 ? &mem_zero : &mem_anon,
			      end - start, first,
			      first < end - start ? TABLE_PAGES : 0);
	}
}

/*
 * VMAs of 2 MiB have gaps of 2 MiB between them. Only the first VMA behind each
 * top-level entry has a PTE table, so that the entry exists.
 */
void series_gaps(struct layout *layout, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n; i++) {
		if (i)
			layout_hole(layout, TABLE_PAGES);
		layout_region(layout, &mem_zero, TABLE_PAGES, 0,
			      layout->pages % TOP_PAGES ? 0 : TABLE_PAGES);
	}
}

/* One VMA has every page present. */
void series_pages(struct layout *layout, uint64_t n)
{
	layout_region(layout, &mem_zero, n, 0, 1);
}

/*
 * One VMA has a page present behind each top-level entry, so that the entry
 * exists, and holes of 2 MiB for the rest.
 */
void series_holes(struct layout *layout, uint64_t n)
{
	uint64_t tables = (n + TOP_TABLES - 2) / (TOP_TABLES - 1);

	layout_region(layout, &mem_zero, (n + tables) * TABLE_PAGES, 0,
		      TOP_PAGES);
}

/* One VMA has a page present in each PTE table. */
void series_tables(struct layout *layout, uint64_t n)
{
	layout_region(layout, &mem_zero, n * TABLE_PAGES, 0, TABLE_PAGES);
}

/* One hugetlb VMA has every huge page present. */
void series_huge(struct layout *layout, uint64_t n)
{
	layout_region(layout, &mem_hugetlb, n * HUGE_PAGES, 0, 1);
}
