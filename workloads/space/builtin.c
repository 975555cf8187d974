// SPDX-License-Identifier: GPL-2.0
/*
 * If a layout begins or ends with a hole, the edge of the
 * range is walked, too.
 */
#include <string.h>

#include "kernel/util.h"
#include "space/builtin.h"

#define EDGE	UINT64_C(9)	/* pages of hole at each end */

/*
 * A single VMA of 64 MiB has all pages populated, and nothing lies around it.
 * In this plainest case every walker has the same work to do.
 */
static void describe_dense(struct layout *layout)
{
	layout_region(layout, &mem_anon, 16384, 0, 1);
}

/*
 * About 1,024 PTE tables are scattered over 16 GiB. A quarter belong to small
 * VMAs of 1 to 16 pages, all populated. The others belong to large VMAs that
 * have a single page populated in each 2 MiB.
 */
static void describe_sparse(struct layout *layout)
{
	unsigned int i;

	layout_hole(layout, EDGE);
	for (i = 0; i < 256; i++) {
		layout_region(layout, &mem_anon, 1 + i % 16, 0, 1);
		layout_hole(layout, 14161);
		if (i % 32 < 3) {
			layout_region(layout, &mem_anon, 32 * TABLE_PAGES,
				      37 + i, TABLE_PAGES);
			layout_hole(layout, 1021);
		}
	}
	layout_hole(layout, EDGE);
}

/*
 * PFNMAP of 1 page to 32 MiB has anonymous memory directly on both sides, then
 * comes a hole. No joint lies on a 2 MiB boundary.
 */
static void describe_pfnmap(struct layout *layout)
{
	static const struct {
		uint64_t before, pfnmap, after, hole;
	} rows[] = {
		{ 5, 1, 3, 7 },
		{ 100, 2, 11, 1 },
		{ 13, 16, 300, 45 },
		{ 77, 63, 1, 600 },
		{ 1, 257, 19, 3 },
		{ 600, 512, 23, 511 },
		{ 3, 1000, 7, 2 },
		{ 29, 2049, 900, 1031 },
		{ 300, 8192, 301, 17 },
		{ 2, 5, 2, 5 },
	};
	size_t i;

	layout_hole(layout, EDGE);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		layout_region(layout, &mem_anon, rows[i].before, 0, 1);
		layout_region(layout, &mem_pfnmap, rows[i].pfnmap, 0, 0);
		layout_region(layout, &mem_anon, rows[i].after, 0, 1);
		layout_hole(layout, rows[i].hole);
	}
	layout_hole(layout, EDGE);
}

/*
 * Hugetlb VMAs have all, some or none of their huge pages present (48 in all).
 * Their neighbours are each other, anonymous memory or a gap.
 *
 * No walk may change what it walks over, or the next one finds less. The oldest
 * walker looks a VMA up only where a top-level entry begins and where a hugetlb
 * VMA ends. It takes any other hugetlb VMA for page tables, which pte_entry()
 * walks clear as corrupt. So here all hugetlb VMAs follow each other from the
 * start of a top-level entry on, and from the start of the range.
 */
static void describe_hugetlb(struct layout *layout)
{
	layout_region(layout, &mem_hugetlb, 16 * HUGE_PAGES, 0, 1);
	layout_region(layout, &mem_hugetlb, 32 * HUGE_PAGES, 1, 2);
	layout_region(layout, &mem_hugetlb, 24 * HUGE_PAGES, 0, 3);
	layout_region(layout, &mem_hugetlb, 8 * HUGE_PAGES, 0, 0);
	layout_region(layout, &mem_anon, 1100, 0, 2);
	layout_hole(layout, 3 * HUGE_PAGES);
	layout_region(layout, &mem_anon, HUGE_PAGES, 0, 1);

	layout_hole(layout, TOP_PAGES - layout->pages - 511);
	layout_region(layout, &mem_anon, 511, 0, 1);
	layout_region(layout, &mem_hugetlb, 1 * HUGE_PAGES, 0, 1);
	layout_region(layout, &mem_hugetlb, 7 * HUGE_PAGES, 0, 1);
	layout_hole(layout, 3 * HUGE_PAGES);
	layout_region(layout, &mem_anon, 1, 0, 1);
	layout_hole(layout, EDGE);
}

const struct builtin builtins[] = {
	{ "hugetlb", "hugetlb VMAs, present and absent, next to anonymous ones",
	  describe_hugetlb },
	{ "pfnmap", "PFNMAP areas from 1 page to 32 MiB between anonymous ones",
	  describe_pfnmap },
	{ "sparse", "1,024 PTE tables with few pages each over 16 GiB",
	  describe_sparse },
	{ "dense", "one anonymous VMA of 64 MiB, fully populated",
	  describe_dense },
};

const size_t nr_builtins = ARRAY_SIZE(builtins);

const struct builtin *builtin_find(const char *name)
{
	size_t i;

	for (i = 0; i < nr_builtins; i++)
		if (!strcmp(builtins[i].name, name))
			return builtins + i;
	return NULL;
}

void builtin_describe(const struct builtin *builtin, struct layout *layout)
{
	*layout = (struct layout){ .name = builtin->name, .base = LAYOUT_BASE };
	builtin->describe(layout);
}
