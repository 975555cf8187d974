// SPDX-License-Identifier: GPL-2.0
#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "truth/page.h"

bool page_is_known(const struct truth *truth)
{
	return !truth->memory || truth->memory->content != CONTENT_POISON;
}

/* The files of /proc pass over PFNMAP, even over what is copied there. */
static bool is_listed(const struct truth *truth)
{
	return truth->present && !memory_is_pfnmap(truth->memory);
}

bool page_is_zero(const struct truth *truth)
{
	return truth->present && memory_is(truth->memory, BACKING_ANON) &&
	       truth->memory->content == CONTENT_READ;
}

/* A write to private memory of a file makes an anonymous copy. */
static bool is_of_file(const struct truth *truth)
{
	if (memory_is(truth->memory, BACKING_FILE))
		return truth->memory->shared ||
		       truth->memory->content == CONTENT_READ;
	return memory_is(truth->memory, BACKING_MIXEDMAP) ||
	       (memory_is(truth->memory, BACKING_HUGETLB) &&
		truth->memory->shared);
}

static bool page_is_shared(const struct truth *truth)
{
	return truth->repeated ||
	       (truth->memory->content == CONTENT_FORKED && !truth->copied) ||
	       truth->memory->content == CONTENT_MERGED;
}

/* The swap entry of shared memory is its file's, not the process's. */
static bool has_swap_entry(const struct truth *truth)
{
	return truth->swapped && !truth->memory->shared;
}

uint64_t page_entry(const struct truth *truth)
{
	if (has_swap_entry(truth))
		return PM_SWAP;
	if (!is_listed(truth))
		return 0;
	if (page_is_zero(truth))
		return PM_PRESENT;
	return PM_PRESENT | (is_of_file(truth) ? PM_FILE : 0) |
	       (page_is_shared(truth) ? 0 : PM_EXCLUSIVE) |
	       (truth->memory->content == CONTENT_PROTECTED ? PM_UFFD_WP : 0);
}

uint64_t page_categories(const struct truth *truth)
{
	if (has_swap_entry(truth))
		return SCAN_SWAPPED;
	if (!is_listed(truth))
		return 0;
	return SCAN_PRESENT | (is_of_file(truth) ? SCAN_FILE : 0) |
	       (page_is_zero(truth) ? SCAN_PFNZERO : 0) |
	       (memory_is(truth->memory, BACKING_HUGETLB) ||
		truth->thp == THP_WHOLE ? SCAN_HUGE : 0);
}

int page_in_core(const struct truth *truth)
{
	if (memory_is_pfnmap(truth->memory))
		return -1;
	return truth->present || truth->region->cached;
}

bool memory_is_cleared(const struct memory *memory, const char *what)
{
	bool anon = memory_is(memory, BACKING_ANON);

	if (memory_is_pfnmap(memory) || memory_is(memory, BACKING_HUGETLB))
		return false;
	return *what == '1' || (*what == '2' && anon) ||
	       (*what == '3' && !anon);
}
