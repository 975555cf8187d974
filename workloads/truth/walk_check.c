// SPDX-License-Identifier: GPL-2.0
/*
 * Check what a raw walk reaches, in pages. An entry callback gets the VMAs that
 * are neither hugetlb nor PFNMAP, as far as there are page tables. It gets no
 * gap between VMAs, even if that shares a table. hugetlb_entry() gets hugetlb
 * VMAs; absent huge pages may be holes instead. With pte_hole() every page of
 * the range is reported exactly once.
 */
#include <inttypes.h>

#include "kernel/probe.h"
#include "truth/check.h"

struct reach {
	uint64_t entries;	/* pages for pmd_entry() or pte_entry() */
	uint64_t huge;		/* pages in populated huge pages */
	uint64_t hugetlb;	/* pages in hugetlb VMAs */
};

static struct reach layout_reach(const struct layout *layout)
{
	struct reach reach = { 0 };
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (memory_is(region->memory, BACKING_HUGETLB)) {
			reach.hugetlb += region->pages;
			reach.huge += region_populated(region) *
				      region_unit(region);
		} else if (!memory_is_pfnmap(region->memory)) {
			reach.entries += region_reached(layout, region);
		}
	}
	return reach;
}

static void expect(struct check *check, const struct walk *walk,
		   const char *what, uint64_t got, uint64_t from, uint64_t to)
{
	check->checked++;
	if (got < from || got > to)
		check_fail(check, "walk %s: %s %" PRIu64 " pages, expected %s%" PRIu64,
			   walk->name, what, got,
			   from == to ? "" : got < from ? "at least " :
			   "at most ", got < from ? from : to);
}

static void check_reach(struct check *check, const struct layout *layout,
			const struct walk *walk, const uint64_t *pages)
{
	struct reach reach = layout_reach(layout);
	bool pmd = walk->callbacks & (1U << PAGEWALK_PROBE_PMD_ENTRY);
	bool hole = walk->callbacks & (1U << PAGEWALK_PROBE_PTE_HOLE);
	uint64_t entries = pages[PAGEWALK_PROBE_PMD_ENTRY] +
			   pages[PAGEWALK_PROBE_PTE_ENTRY];
	uint64_t huge = pages[PAGEWALK_PROBE_HUGETLB_ENTRY];

	if (hole)
		expect(check, walk, "all callbacks together saw",
		       entries + huge + pages[PAGEWALK_PROBE_PTE_HOLE],
		       layout->pages, layout->pages);
	expect(check, walk, pmd ? "pmd_entry() saw" : "pte_entry() saw",
	       entries, reach.entries, reach.entries);
	expect(check, walk, "hugetlb_entry() saw", huge, reach.huge,
	       reach.hugetlb);
}

void check_walk(struct check *check, const struct subject *subject,
		const struct walk *walk)
{
	const struct layout *layout = subject->layout;
	struct pagewalk_probe_walk arg = {
		.start = layout->base,
		.end = layout_end(layout),
		.pid = subject->pid,
		.callbacks = walk->callbacks,
	};
	uint64_t pages[PAGEWALK_PROBE_NR_CALLBACKS];
	int i;

	probe_walk(subject->probe, &arg);
	for (i = 0; i < PAGEWALK_PROBE_NR_CALLBACKS; i++)
		pages[i] = arg.pages[i];
	check_reach(check, layout, walk, pages);
	check->checked++;
	if (arg.result)
		check_fail(check, "walk %s: returned %" PRId64 ", expected 0",
			   walk->name, (int64_t)arg.result);
}
