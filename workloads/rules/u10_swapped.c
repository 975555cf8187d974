// SPDX-License-Identifier: GPL-2.0
/*
 * What is swapped out can be protected, too. It stays so when it is read, and is
 * written again once somebody writes to it.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/uffd.h"
#include "kernel/util.h"
#include "rules/u10.h"
#include "space/swap.h"

#define PAGES		UINT64_C(8)
/* These are protected; of them one is read then, and one is written. */
#define FIRST		2
#define END		6
#define READ		3
#define WRITTEN		4

struct swapped {
	struct check *check;
	uint64_t start;
	int pagemap;
};

static uint64_t *page_at(const struct swapped *s, uint64_t page)
{
	return (uint64_t *)(s->start + page * PAGE_SIZE);
}

/* Return the categories of a page, or a negative error number. */
static int64_t categories_of(const struct swapped *s, uint64_t page)
{
	struct scan_region got = { 0 };
	struct scan arg = {
		.start = (uintptr_t)page_at(s, page),
		.end = (uintptr_t)page_at(s, page + 1),
		.vec = (uintptr_t)&got, .vec_len = 1,
		.return_mask = SCAN_ALL,
	};
	int64_t given = pagemap_scan(s->pagemap, &arg);

	return given < 0 ? given : (int64_t)got.categories;
}

static void check_page(const struct swapped *s, const char *when, uint64_t page,
		       bool present, bool protected)
{
	const uint64_t bits = PM_PRESENT | PM_SWAP | PM_UFFD_WP;
	uint64_t entry = PM_UNTOUCHED, right = present ? PM_PRESENT : PM_SWAP;
	int64_t is = categories_of(s, page), should_be = SCAN_WPALLOWED;

	should_be |= present ? SCAN_PRESENT : SCAN_SWAPPED;
	if (protected)
		right |= PM_UFFD_WP;
	else
		should_be |= SCAN_WRITTEN;
	pagemap_read(s->pagemap, (uintptr_t)page_at(s, page), &entry, 1);
	s->check->checked += 2;
	if (is != should_be)
		check_fail(s->check, "%s: page %" PRIu64 " has categories 0x%" PRIx64 ", expected 0x%" PRIx64,
			   when, page, is, should_be);
	if ((entry & bits) != right)
		check_fail(s->check, "%s: the pagemap entry of page %" PRIu64 " is 0x%" PRIx64 ", expected bits 0x%" PRIx64,
			   when, page, entry, right);
}

static void check_pages(const struct swapped *s, const char *when, bool protected,
			bool used)
{
	uint64_t page;

	for (page = 0; page < PAGES; page++)
		check_page(s, when, page, used && (page == READ || page == WRITTEN),
			   protected && page >= FIRST && page < END &&
			   !(used && page == WRITTEN));
}

static void protect(const struct swapped *s)
{
	struct scan_region got = { 0 };
	struct scan arg = {
		.flags = SCAN_PROTECT,
		.start = (uintptr_t)page_at(s, FIRST),
		.end = (uintptr_t)page_at(s, END),
		.vec = (uintptr_t)&got, .vec_len = 1,
		.category_mask = SCAN_WRITTEN, .return_mask = SCAN_WRITTEN,
	};
	int64_t given = pagemap_scan(s->pagemap, &arg);

	s->check->checked++;
	if (given != 1 || got.start != arg.start || got.end != arg.end)
		check_fail(s->check, "a scan that protects gave %" PRId64 " regions, 0x%" PRIx64 "-0x%" PRIx64 "; expected one, 0x%" PRIx64 "-0x%" PRIx64,
			   given, got.start, got.end, (uint64_t)arg.start,
			   (uint64_t)arg.end);
}

/* Swapping out has left in each page its number. */
static void use(const struct swapped *s)
{
	uint64_t number = *page_at(s, READ);

	*page_at(s, WRITTEN) = 0;
	s->check->checked++;
	if (number != READ + 1)
		check_fail(s->check, "page %d has 0x%" PRIx64 ", not what was written",
			   READ, number);
}

static void check_memory(struct swapped *s)
{
	static const struct range all = { 0, PAGES, 1 };
	int uffd = uffd_must("open", uffd_open(UFFD_NOTES_WRITES));

	uffd_must("register", uffd_register(uffd, UFFD_WP, s->start,
					    PAGES * PAGE_SIZE));
	swap_out(s->start, &all, false);
	check_pages(s, "swapped out", false, false);
	protect(s);
	check_pages(s, "swapped out, and protected", true, false);
	use(s);
	check_pages(s, "protected, and used", true, true);
	close(uffd);
}

void check_swapped(struct rule_run *run)
{
	static const char name[] = "protect what is swapped out";
	const char *missing = swap_missing();
	struct swapped s = { 0 };
	void *memory;

	if (missing) {
		rule_skip(run, name, missing);
		return;
	}
	memory = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(memory != MAP_FAILED, "mmap");
	s = (struct swapped){
		.check = rule_case(run, name), .start = (uintptr_t)memory,
		.pagemap = open_proc(getpid(), "pagemap"),
	};
	swap_take();
	check_memory(&s);
	munmap(memory, PAGES * PAGE_SIZE);
	swap_give_back();
	close(s.pagemap);
}
