// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "kernel/walks.h"
#include "truth/living.h"

static bool is_jobs(const struct job *job, const struct map *map)
{
	return job_has_file(job, map) || job_has_huge(job, map);
}

void living_begin(struct living *living)
{
	const struct maps *maps = &living->before;
	uint64_t end = 0;
	size_t i;

	living->start = UINT64_MAX;
	for (i = 0; i < maps->nr; i++) {
		if (!is_jobs(living->job, maps->of + i))
			continue;
		living->start = min_u64(living->start, maps->of[i].start);
		end = maps->of[i].end;
	}
	living->start -= LIVING_MARGIN * PAGE_SIZE;
	living->pages = (end - living->start) / PAGE_SIZE + LIVING_MARGIN;
	if (living->pages > WALK_ENTRIES)
		die("%s: the job's memory is spread over %" PRIu64 " pages, more than one read takes",
		    living->job->file, living->pages);
	living->reported = xcalloc(living->pages, sizeof(*living->reported));
}

void living_end(struct living *living)
{
	free(living->reported);
}

struct living_page living_page(const struct living *living, uint64_t address,
			       struct living_at *at)
{
	const struct map *before = maps_at(&living->before, address, &at->before);
	const struct map *after = maps_at(&living->after, address, &at->after);
	bool stayed = before && after && map_equal(before, after);

	return (struct living_page){
		address, stayed ? before : NULL, !before && !after
	};
}

bool living_rests(const struct living *living)
{
	const struct maps *before = &living->before, *after = &living->after;
	size_t i;

	for (i = 0; i < before->nr && i < after->nr; i++)
		if (!map_equal(before->of + i, after->of + i))
			return false;
	return before->nr == after->nr;
}

bool living_keeps(const struct living *living, const struct map *map)
{
	return is_jobs(living->job, map);
}

bool map_is_anonymous(const struct map *map)
{
	return map->perms[3] == 'p' && !map->inode &&
	       (!*map->path || !strcmp(map->path, "[heap]") ||
		!strcmp(map->path, "[stack]"));
}

bool map_is_guard(const struct map *map)
{
	return !strncmp(map->perms, "---", 3);
}

void living_report(struct living *living, struct check *check,
		   const struct living_page *page, bool present)
{
	uint64_t i = (page->address - living->start) / PAGE_SIZE;

	if (!page->map || !living_keeps(living, page->map))
		return;
	check->checked++;
	if (present && job_has_huge(living->job, page->map))
		living->found.hugetlb++;
	else if (present)
		living->found.shared++;
	if (present)
		living->reported[i] = true;
	else if (living->reported[i])
		check_fail(check, "page 0x%" PRIx64 " (%s) is not reported, but was before, and nothing unmaps it",
			   page->address, page->map->path);
}

static void check_count(struct check *check, const char *who, const char *what,
			uint64_t least, uint64_t found, uint64_t most)
{
	check->checked++;
	if (found < least || found > most)
		check_fail(check, "%s: %" PRIu64 " pages of %s, but the kernel counted %" PRIu64 " to %" PRIu64 " meanwhile",
			   who, found, what, least, most);
}

void living_check_counts(const struct living *living, struct check *check,
			 const char *who)
{
	const struct living_counts *before = &living->counts_before;
	const struct living_counts *after = &living->counts_after;

	if (!living_rests(living))
		return;
	check_count(check, who, "shared memory", 0, living->found.shared,
		    after->shared);
	check_count(check, who, "hugetlb", before->hugetlb,
		    living->found.hugetlb, after->hugetlb);
}
