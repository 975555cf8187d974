// SPDX-License-Identifier: GPL-2.0
/* MADV_COLLAPSE makes a huge page of small ones, or leaves them. */
#include <err.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "thp.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

static char *small_pages(int seed)
{
	char *at = map_anonymous(1);

	if (madvise(at, HUGE, MADV_NOHUGEPAGE))
		err(1, "MADV_NOHUGEPAGE");
	fill(at, 0, PAGES, seed);
	ok(is_split(at), "small pages");
	if (madvise(at, HUGE, MADV_HUGEPAGE))
		err(1, "MADV_HUGEPAGE");
	return at;
}

static void succeeds(void)
{
	char *at = small_pages(1);

	if (madvise(at + PAGE, PAGE, MADV_DONTNEED))
		err(1, "MADV_DONTNEED");
	ok(!madvise(at, HUGE, MADV_COLLAPSE) && is_huge(at), "are collapsed");
	ok(holds(at, 0, 1, 1) && holds(at, 1, 1, 0) &&
	   holds(at, 2, PAGES - 2, 1), "and keep their content");
	fill(at, 0, PAGES, 2);
	ok(holds(at, 0, PAGES, 2), "which can change");
	unmap(at, 1);
}

/*
 * A page in a pipe is not collapsed. As long as it is mapped that is noticed
 * soon. One that was swapped out while it stayed in the swap cache is noticed
 * when the page table has been taken away, so that it must come back.
 */
static void fails(void)
{
	char *at = small_pages(3);
	struct iovec page = { at + 5 * PAGE, PAGE };
	int ends[2];

	if (pipe(ends) || vmsplice(ends[1], &page, 1, 0) != PAGE)
		err(1, "vmsplice");
	if (madvise(page.iov_base, PAGE, MADV_PAGEOUT))
		err(1, "MADV_PAGEOUT");
	ok(!pages_present(page.iov_base, 1), "a page is swapped out");
	ok(madvise(at, HUGE, MADV_COLLAPSE) && is_split(at),
	   "it cannot be collapsed with others");
	ok(pages_present(at, PAGES) == PAGES, "all are there");
	ok(holds(at, 0, PAGES, 3), "and keep their content");
	close(ends[0]);
	close(ends[1]);
	ok(!madvise(at, HUGE, MADV_COLLAPSE) && is_huge(at), "now they can");
	ok(holds(at, 0, PAGES, 3), "and keep their content");
	unmap(at, 1);
}

void test_collapse(void)
{
	succeeds();
	fails();
}
