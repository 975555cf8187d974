// SPDX-License-Identifier: GPL-2.0
/* What is done to a part of a huge page splits it, and leaves the rest. */
#include <err.h>
#include <sys/mman.h>

#include "thp.h"

#define FIRST	100	/* page of the part */
#define NUMBER	50	/* of its pages */
#define BEHIND	(FIRST + NUMBER)

static char *filled(int seed)
{
	char *at = map_anonymous(1);

	fill(at, 0, PAGES, seed);
	ok(is_huge(at), "a huge page");
	return at;
}

static bool rest_holds(const char *at, int seed)
{
	return holds(at, 0, FIRST, seed) &&
	       holds(at, BEHIND, PAGES - BEHIND, seed);
}

static void discard(void)
{
	char *at = filled(1);

	if (madvise(at + FIRST * PAGE, NUMBER * PAGE, MADV_DONTNEED))
		err(1, "MADV_DONTNEED");
	ok(is_split(at), "MADV_DONTNEED of a part splits it");
	ok(pages_present(at, PAGES) == PAGES - NUMBER, "the part is not there");
	ok(rest_holds(at, 1), "the rest keeps its content");
	ok(holds(at, FIRST, NUMBER, 0), "the part is zero");
	fill(at, FIRST, NUMBER, 2);
	ok(rest_holds(at, 1) && holds(at, FIRST, NUMBER, 2), "and apart");
	if (madvise(at, HUGE, MADV_DONTNEED))
		err(1, "MADV_DONTNEED");
	ok(holds(at, 0, PAGES, 0), "MADV_DONTNEED of all leaves zeros");
	unmap(at, 1);
}

static void unmap_part(void)
{
	char *at = filled(3);

	munmap(at + FIRST * PAGE, NUMBER * PAGE);
	ok(is_split(at), "munmap() of a part splits it");
	ok(faults(at + FIRST * PAGE, false) &&
	   faults(at + (BEHIND - 1) * PAGE, false), "the part is gone");
	ok(rest_holds(at, 3), "the rest keeps its content");
	unmap(at, 1);
}

static void protect(char *at, unsigned long pages, int prot)
{
	if (mprotect(at, pages * PAGE, prot))
		err(1, "mprotect");
}

static void protect_part(void)
{
	char *at = filled(4), *part = at + FIRST * PAGE;

	protect(part, NUMBER, PROT_READ);
	ok(is_split(at), "mprotect() of a part splits it");
	ok(faults(part, true) && !faults(part, false), "the part is read-only");
	ok(!faults(part - PAGE, true) && !faults(at + BEHIND * PAGE, true),
	   "the rest is not");
	ok(holds(at, 0, PAGES, 4), "all keeps its content");
	protect(part, NUMBER, PROT_NONE);
	ok(faults(part, false) && rest_holds(at, 4), "no access to the part");
	protect(part, NUMBER, PROT_READ | PROT_WRITE);
	ok(holds(at, 0, PAGES, 4), "it comes back");
	unmap(at, 1);
}

static void protect_all(void)
{
	char *at = filled(5);

	protect(at, PAGES, PROT_READ);
	ok(faults(at, true) && faults(at + HUGE - PAGE, true),
	   "a read-only huge page is not written");
	ok(is_huge(at) && holds(at, 0, PAGES, 5), "it is huge, and the same");
	protect(at, PAGES, PROT_NONE);
	ok(faults(at, false) && is_huge(at), "nor read with PROT_NONE");
	protect(at, PAGES, PROT_READ | PROT_WRITE);
	fill(at, FIRST, NUMBER, 6);
	ok(is_huge(at) && rest_holds(at, 5) && holds(at, FIRST, NUMBER, 6),
	   "it can be written again");
	unmap(at, 1);
}

static void free_part(void)
{
	char *at = filled(7);

	if (madvise(at + FIRST * PAGE, NUMBER * PAGE, MADV_FREE))
		err(1, "MADV_FREE");
	fill(at, FIRST, NUMBER, 8);
	ok(rest_holds(at, 7) && holds(at, FIRST, NUMBER, 8),
	   "what is written after MADV_FREE of a part stays");
	unmap(at, 1);
}

void test_parts(void)
{
	discard();
	unmap_part();
	protect_part();
	protect_all();
	free_part();
}
