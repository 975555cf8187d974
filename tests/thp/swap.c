// SPDX-License-Identifier: GPL-2.0
/* A huge page goes to swap and comes back in pieces. */
#include <err.h>
#include <sys/mman.h>

#include "thp.h"

void test_swap(void)
{
	char *at = map_anonymous(1);

	fill(at, 0, PAGES, 1);
	ok(is_huge(at), "a huge page");
	if (madvise(at, HUGE, MADV_PAGEOUT))
		err(1, "MADV_PAGEOUT");
	ok(pages_present(at, PAGES) == 0, "is swapped out");
	ok(smaps_kib(at, HUGE, "Swap") == HUGE >> 10, "all of it");
	ok(holds(at, 0, PAGES, 1), "and comes back as it was");
	unmap(at, 1);
}
