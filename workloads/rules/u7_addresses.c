// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets physical addresses from pagemap: those who opened it with
 * CAP_SYS_ADMIN. All others get the same entries without them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "rules/u7.h"
#include "space/subject.h"
#include "truth/describe.h"

#define ENTRY		sizeof(uint64_t)
#define FILE_STEP	16
#define FILE_PAGES	(16 * FILE_STEP)

#define RW		(PROT_READ | PROT_WRITE)

/* Some change their user between opening and reading. */
static const struct reader {
	struct identity who;
	bool shown;
	enum { AS_OPENED, GAINED, LOST } later;
} readers[] = {
	{ { "root", 0, 0, ALL_CAPABILITIES }, true, AS_OPENED },
	{ { "root, all but CAP_SYS_ADMIN", 0, 0, ALL_CAPABILITIES & ~ADMIN },
	  false, AS_OPENED },
	{ { "its user", USER, USER, 0 }, false, AS_OPENED },
	{ { "its user with CAP_SYS_ADMIN", USER, USER, ADMIN }, true,
	  AS_OPENED },
	{ { "other user who may open it", OTHER, OTHER, PTRACE | SEARCH },
	  false, AS_OPENED },
	{ { "other user with CAP_SYS_ADMIN", OTHER, OTHER,
	    PTRACE | SEARCH | ADMIN }, true, AS_OPENED },
	{ { "opened by root, read by a user", 0, 0, ALL_CAPABILITIES }, true,
	  LOST },
	{ { "opened by a user, read by root", 0, 0, ALL_CAPABILITIES }, false,
	  GAINED },
};

/* Shared by the reader and the rule. */
struct question {
	const struct layout *layout;
	const struct reader *reader;
	int pid;
	uint64_t *root;		/* what root gets of each page */
	uint64_t *entries;	/* what the reader gets */
	struct check check;
};

/* Root puts its rights aside, and takes them back. */
static void lose(void)
{
	if (setegid(USER) || seteuid(USER))
		die("seteuid: %s", strerror(errno));
}

static void gain(void)
{
	if (seteuid(0) || setegid(0))
		die("seteuid: %s", strerror(errno));
}

static void read_entries(void *arg)
{
	struct question *q = arg;
	int fd;

	if (q->reader->later == GAINED)
		lose();
	fd = open_proc(q->pid, "pagemap");
	if (q->reader->later == GAINED)
		gain();
	if (q->reader->later == LOST)
		lose();
	pagemap_read(fd, q->layout->base, q->entries, q->layout->pages);
	close(fd);
}

static void entry_fail(struct question *q, uint64_t page, const char *what)
{
	struct truth truth = layout_at(q->layout, page);
	char got[100];

	describe_entry(got, sizeof(got), q->entries[page]);
	check_fail(&q->check, "pagemap, %s: page 0x%" PRIx64 " (%s) has %s, expected %s",
		   q->reader->who.name, layout_address(q->layout, page),
		   truth_name(&truth), got, what);
}

static void check_entry(struct question *q, uint64_t page)
{
	uint64_t root = q->root[page], got = q->entries[page];

	q->check.checked++;
	if (q->reader->shown && got != root)
		entry_fail(q, page, "what root gets");
	else if (!q->reader->shown && got & PM_PFN)
		entry_fail(q, page, "no PFN");
	else if (!q->reader->shown && got != (root & ~PM_PFN))
		entry_fail(q, page, "what root gets, without a PFN");
}

/* Without a PFN, it would not show who gets them. U1 has which are right. */
static void check_root(struct question *q)
{
	uint64_t page;

	q->check.checked++;
	for (page = 0; page < q->layout->pages; page++)
		if (q->root[page] & PM_PFN)
			return;
	check_fail(&q->check, "pagemap, root: no page has a PFN");
}

static void check_reader(struct question *q, const struct reader *reader)
{
	uint64_t page;

	q->reader = reader;
	memset(q->entries, 0, q->layout->pages * ENTRY);
	ask_as(&reader->who, read_entries, q);
	if (reader == readers) {
		memcpy(q->root, q->entries, q->layout->pages * ENTRY);
		check_root(q);
	}
	for (page = 0; page < q->layout->pages; page++)
		check_entry(q, page);
}

/* All kinds of entries. Every @step-th (huge) page is populated. */
static const struct piece {
	const struct memory *memory;
	uint64_t start, pages, step;
} pieces[] = {
	{ &mem_anon, 500, 20, 3 },
	{ &mem_zero, 520, 8, 1 },
	{ &mem_file_shared, 530, 8, 1 },
	{ &mem_file, 538, 8, 2 },
	{ &mem_poisoned, 550, 8, 1 },
	{ &mem_mixedmap, 560, 8, 2 },
	{ &mem_pfnmap_cow, 570, 8, 1 },
	{ &mem_pfnmap, 580, 8, 0 },
	{ &mem_pfnmap_fault, 590, 8, 2 },
	{ &mem_hugetlb, 1024, 2 * HUGE_PAGES, 2 },
};

static int open_memory_file(void)
{
	int fd = memfd_create("addresses", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, FILE_PAGES * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	return fd;
}

static void describe_pieces(struct layout *layout, int file, int probe)
{
	size_t i;

	*layout = (struct layout){ .name = "addresses", .base = RULE_BASE };
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct piece *piece = pieces + i;
		const struct memory *there = memory_there(piece->memory, probe);
		struct region *region = layout_vma_at(layout, piece->start,
						      there, piece->pages);

		region->file = file;
		region->offset = FILE_STEP * i;
		region_populate(region, 0, piece->pages / region_unit(region),
				there == piece->memory ? piece->step : 0);
	}
}

void check_addresses(struct rule_run *run)
{
	struct question *q = map_populated(sizeof(*q));
	int file = open_memory_file();
	struct subject subject;
	struct layout layout;
	size_t size, i;

	describe_pieces(&layout, file, run->probe);
	subject_start_of(&subject, &layout, run->probe, &its_user, true);
	size = layout.pages * ENTRY;
	q->layout = &layout;
	q->pid = subject.pid;
	q->root = map_populated(size);
	q->entries = map_populated(size);
	for (i = 0; i < ARRAY_SIZE(readers); i++) {
		q->check = (struct check){ 0 };
		check_reader(q, readers + i);
		*rule_case(run, "PFNs: %s", readers[i].who.name) = q->check;
	}
	unmap_populated(q->entries, size);
	unmap_populated(q->root, size);
	subject_stop(&subject);
	layout_free(&layout);
	close(file);
	unmap_populated(q, sizeof(*q));
}
