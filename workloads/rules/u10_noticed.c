// SPDX-License-Identifier: GPL-2.0
/*
 * A write to a page that a scan has protected makes it written, and no other
 * page. The CPU may still know the page as writable: then nobody would notice.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/scan.h"
#include "kernel/uffd.h"
#include "kernel/util.h"
#include "rules/u10.h"
#include "space/pool.h"

#define PAGES		3	/* of one kind of memory */
#define NEVER		2	/* ...of which this is not written before */
#define ROUNDS		2

static const struct kind {
	const char *name;
	int flags;
	uint64_t unit;		/* the size of a page */
} kinds[] = {
	{ "anon", MAP_PRIVATE, PAGE_SIZE },
	{ "shmem", MAP_SHARED, PAGE_SIZE },
	{ "hugetlb", MAP_PRIVATE | MAP_HUGETLB, HUGE_PAGES * PAGE_SIZE },
};

struct noticing {
	struct check *check;
	const struct kind *kind;
	unsigned char *memory;
	int pagemap;
};

/* Return which pages are written, a bit each, or a negative error number. */
static int64_t written(const struct noticing *noticing, bool protect)
{
	uint64_t unit = noticing->kind->unit;
	uint64_t start = (uintptr_t)noticing->memory;
	struct scan_region got[PAGES];
	struct scan arg = {
		.flags = protect ? SCAN_PROTECT : 0,
		.start = start, .end = start + PAGES * unit,
		.vec = (uintptr_t)got, .vec_len = PAGES,
		.category_mask = SCAN_WRITTEN, .return_mask = SCAN_WRITTEN,
	};
	int64_t given = pagemap_scan(noticing->pagemap, &arg), bits = 0, i;
	uint64_t at;

	for (i = 0; i < given; i++)
		for (at = got[i].start; at < got[i].end; at += unit)
			bits |= 1 << (at - start) / unit;
	return given < 0 ? given : bits;
}

static void expect(const struct noticing *noticing, const char *when,
		   int64_t got, int64_t bits)
{
	noticing->check->checked++;
	if (got != bits)
		check_fail(noticing->check, "%s memory, %s: pages written are 0x%" PRIx64 ", expected 0x%" PRIx64,
			   noticing->kind->name, when, got, bits);
}

static void write_page(const struct noticing *noticing, int page, int round)
{
	unsigned char *memory = noticing->memory;

	memory[page * noticing->kind->unit] = round;
	expect(noticing, "after a write", written(noticing, false), 1 << page);
	expect(noticing, "after a write, and protected again",
	       written(noticing, true), 1 << page);
	expect(noticing, "protected", written(noticing, false), 0);
	noticing->check->checked++;
	if (memory[page * noticing->kind->unit] != round)
		check_fail(noticing->check, "%s memory lost what was written",
			   noticing->kind->name);
}

static void check_kind(struct noticing *noticing)
{
	int page, round;

	for (page = 0; page < PAGES; page++)
		if (page != NEVER)
			noticing->memory[page * noticing->kind->unit] = 1;
	written(noticing, true);
	expect(noticing, "protected", written(noticing, false), 0);
	for (round = 2; round < 2 + ROUNDS; round++)
		for (page = 0; page < PAGES; page++)
			write_page(noticing, page, round);
}

static void check_mapped(struct noticing *noticing)
{
	uint64_t size = PAGES * noticing->kind->unit;
	int uffd = uffd_must("open", uffd_open(UFFD_NOTES_WRITES));

	noticing->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
				noticing->kind->flags | MAP_ANONYMOUS, -1, 0);
	if (noticing->memory == MAP_FAILED)
		die("%s memory: %s", noticing->kind->name, strerror(errno));
	uffd_must("register", uffd_register(uffd, UFFD_WP,
					    (uintptr_t)noticing->memory, size));
	check_kind(noticing);
	munmap(noticing->memory, size);
	close(uffd);
}

void check_noticed(struct rule_run *run)
{
	struct noticing noticing = { .pagemap = open_proc(getpid(), "pagemap") };
	uint64_t pool = pool_add(PAGES);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		noticing.kind = kinds + i;
		noticing.check = rule_case(run, "writes to %s are noticed",
					   kinds[i].name);
		check_mapped(&noticing);
	}
	pool_restore(pool);
	close(noticing.pagemap);
}
