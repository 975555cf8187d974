// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "truth/living.h"

#define KB_PAGES	(PAGE_SIZE / 1024)

/* What the kernel counts apart: pages of shared memory, and huge pages. */
static bool counts_as_shared(const struct living *living, const struct map *map)
{
	return !job_has_huge(living->job, map) && map->perms[3] == 's';
}

static uint64_t huge_kb(const struct smaps_vma *vma)
{
	return vma->field[SMAPS_SHARED_HUGETLB] +
	       vma->field[SMAPS_PRIVATE_HUGETLB];
}

static void check_sums(struct check *check, const struct smaps_vma *vma)
{
	const uint64_t *f = vma->field;
	uint64_t split = f[SMAPS_SHARED_CLEAN] + f[SMAPS_SHARED_DIRTY] +
			 f[SMAPS_PRIVATE_CLEAN] + f[SMAPS_PRIVATE_DIRTY];

	check->checked++;
	if (f[SMAPS_SIZE] != (vma->end - vma->start) / 1024)
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Size is %" PRIu64 ", expected %" PRIu64,
			   vma->start, f[SMAPS_SIZE],
			   (vma->end - vma->start) / 1024);
	else if (f[SMAPS_RSS] > f[SMAPS_SIZE] || huge_kb(vma) > f[SMAPS_SIZE])
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Rss %" PRIu64 " or hugetlb %" PRIu64 " is above Size %" PRIu64,
			   vma->start, f[SMAPS_RSS], huge_kb(vma),
			   f[SMAPS_SIZE]);
	else if (f[SMAPS_RSS] != split || f[SMAPS_PSS] > f[SMAPS_RSS] ||
		 f[SMAPS_REFERENCED] > f[SMAPS_RSS] || f[SMAPS_SWAP])
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Rss %" PRIu64 ", its parts %" PRIu64 ", Pss %" PRIu64 ", Referenced %" PRIu64 ", Swap %" PRIu64 " do not agree",
			   vma->start, f[SMAPS_RSS], split, f[SMAPS_PSS],
			   f[SMAPS_REFERENCED], f[SMAPS_SWAP]);
}

static void check_kind(struct check *check, const struct living *living,
		       const struct smaps_vma *vma, const struct map *map)
{
	const uint64_t *f = vma->field;
	bool huge = job_has_huge(living->job, map);
	uint64_t page_kb = huge ? HUGE_PAGES * KB_PAGES : KB_PAGES;

	check->checked++;
	if (strcmp(vma->perms, map->perms) || vma->end != map->end)
		check_fail(check, "smaps, VMA 0x%" PRIx64 "-0x%" PRIx64 " %s is 0x%" PRIx64 "-0x%" PRIx64 " %s in maps",
			   vma->start, vma->end, vma->perms, map->start,
			   map->end, map->perms);
	else if (f[SMAPS_KERNEL_PAGE_SIZE] != page_kb ||
		 (!huge && huge_kb(vma)) || (huge && f[SMAPS_RSS]))
		check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): pages of %" PRIu64 " kB, Rss %" PRIu64 ", hugetlb %" PRIu64,
			   vma->start, map->path, f[SMAPS_KERNEL_PAGE_SIZE],
			   f[SMAPS_RSS], huge_kb(vma));
	else if (map_is_guard(map) && f[SMAPS_RSS])
		check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): Rss is %" PRIu64 " where nobody has access",
			   vma->start, map->perms, f[SMAPS_RSS]);
	else if (map_is_anonymous(map) && f[SMAPS_ANONYMOUS] != f[SMAPS_RSS])
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Anonymous is %" PRIu64 ", expected %" PRIu64 ", Rss: the VMA has no file",
			   vma->start, f[SMAPS_ANONYMOUS], f[SMAPS_RSS]);
	else if (map->perms[3] == 's' && f[SMAPS_ANONYMOUS])
		check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): Anonymous is %" PRIu64 " in shared memory",
			   vma->start, map->path, f[SMAPS_ANONYMOUS]);
}

/* Return the pages of @map that some reader has reported. */
static uint64_t pages_reported(const struct living *living,
			       const struct map *map)
{
	uint64_t first = (map->start - living->start) / PAGE_SIZE, i, n = 0;

	for (i = 0; i < (map->end - map->start) / PAGE_SIZE; i++)
		n += living->reported[first + i];
	return n;
}

static void check_kept(struct check *check, const struct living *living,
		       const struct smaps_vma *vma, const struct map *map)
{
	uint64_t kb = vma->field[SMAPS_RSS] + huge_kb(vma);
	uint64_t least = pages_reported(living, map) * KB_PAGES;

	check->checked++;
	if (kb < least)
		check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): has %" PRIu64 " kB, but %" PRIu64 " were reported before, and nothing unmaps them",
			   vma->start, map->path, kb, least);
}

/* Take the VMA that smaps has next; add up what the kernel counts, too. */
static void check_vma(struct check *check, struct living *living,
		      const struct smaps_vma *vma,
		      const struct living_page *page)
{
	check_sums(check, vma);
	if (page->gap)
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": not in maps",
			   vma->start);
	if (!page->map)
		return;
	check_kind(check, living, vma, page->map);
	if (living_keeps(living, page->map))
		check_kept(check, living, vma, page->map);
	if (counts_as_shared(living, page->map))
		living->found.shared += vma->field[SMAPS_RSS] / KB_PAGES;
	living->found.hugetlb += huge_kb(vma) / KB_PAGES;
}

/* Each VMA that stayed is there, once. */
static void check_all_there(struct check *check, const struct living *living,
			    const struct smaps *smaps)
{
	struct living_at at = { 0 };
	struct living_page page;
	size_t i, j = 0, n;

	for (i = 0; i < living->before.nr; i++) {
		page = living_page(living, living->before.of[i].start, &at);
		if (!page.map)
			continue;
		for (n = 0; j < smaps->nr && smaps->vmas[j].start <= page.address; j++)
			n += smaps->vmas[j].start == page.address;
		check->checked++;
		if (n != 1)
			check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): is there %zu times",
				   page.address, page.map->path, n);
	}
}

static void check_order(struct check *check, const struct smaps *smaps)
{
	size_t i;

	for (i = 1; i < smaps->nr; i++)
		if (smaps->vmas[i].start < smaps->vmas[i - 1].end)
			check_fail(check, "smaps, VMA 0x%" PRIx64 ": comes after 0x%" PRIx64 "-0x%" PRIx64,
				   smaps->vmas[i].start,
				   smaps->vmas[i - 1].start,
				   smaps->vmas[i - 1].end);
	check->checked++;
}

static void check_vmas(struct check *check, struct living *living,
		       const struct smaps *smaps)
{
	struct living_at at = { 0 };
	struct living_page page;
	size_t i;

	check_order(check, smaps);
	for (i = 0; i < smaps->nr; i++) {
		page = living_page(living, smaps->vmas[i].start, &at);
		check_vma(check, living, smaps->vmas + i, &page);
	}
	check_all_there(check, living, smaps);
	living_check_counts(living, check, "smaps");
}

void living_check_smaps(struct living *living, struct check *check,
			const char *text, size_t len)
{
	struct smaps smaps;

	if (smaps_parse(&smaps, text, len, check->detail,
			sizeof(check->detail)))
		check_vmas(check, living, &smaps);
	else
		check->wrong++;
	smaps_free(&smaps);
}
