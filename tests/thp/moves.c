// SPDX-License-Identifier: GPL-2.0
/* mremap() of huge pages. */
#include <err.h>
#include <sys/mman.h>

#include "thp.h"

static void move(char *from, unsigned long bytes, char *to)
{
	if (mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
		err(1, "mremap");
}

static void aligned(void)
{
	char *from = map_anonymous(1), *to = map_anonymous(1);

	fill(from, 0, PAGES, 1);
	fill(to, 0, PAGES, 2);
	move(from, HUGE, to);
	ok(is_huge(to), "a huge page that is moved onto another is huge");
	ok(holds(to, 0, PAGES, 1), "it keeps its content");
	ok(faults(from, false) && faults(from + HUGE - PAGE, false),
	   "nothing is left where it was");
	unmap(to, 1);
}

/* By one page, so that no PTE table keeps its place */
static void not_aligned(void)
{
	char *from = map_anonymous(1), *to = map_anonymous(2);

	fill(from, 0, PAGES, 3);
	fill(to, 0, 2 * PAGES, 4);
	move(from, HUGE, to + PAGE);
	ok(is_split(to) && is_split(to + HUGE), "it is split if it must be");
	ok(holds(to + PAGE, 0, PAGES, 3), "it keeps its content");
	ok(holds(to, 0, 1, 4) && holds(to, PAGES + 1, PAGES - 1, 4),
	   "and so does what is around it");
	ok(faults(from, false), "nothing is left where it was");
	unmap(to, 2);
}

static void part(void)
{
	char *from = map_anonymous(1), *to = map_anonymous(1);

	fill(from, 0, PAGES, 5);
	fill(to, 0, PAGES, 6);
	move(from + 10 * PAGE, 20 * PAGE, to + 10 * PAGE);
	ok(holds(to, 0, 10, 6) && holds(to, 10, 20, 5) &&
	   holds(to, 30, PAGES - 30, 6), "a part of one moved into another");
	ok(holds(from, 0, 10, 5) && holds(from, 30, PAGES - 30, 5) &&
	   faults(from + 10 * PAGE, false) && faults(from + 29 * PAGE, false),
	   "leaves a hole");
	unmap(from, 1);
	unmap(to, 1);
}

void test_moves(void)
{
	aligned();
	not_aligned();
	part();
}
