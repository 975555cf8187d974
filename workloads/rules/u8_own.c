// SPDX-License-Identifier: GPL-2.0
/*
 * A process that changes itself. Its pages that stay are locked, and no others
 * are, so Locked adds up those alone. What lies between them is one page each:
 * too little to make up for a VMA of those that is missing, or there twice.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u8.h"
#include "rules/u8_intruder.h"

#define KB		(PAGE_SIZE / 1024)
#define RW		(PROT_READ | PROT_WRITE)

#define STAYS		8
#define STAY_PAGES	UINT64_C(192)
#define CELL_PAGES	(STAY_PAGES + 1)

#define PAGES		(STAYS * CELL_PAGES)

struct changing {
	int rollup, pagemap;
	char text[ROLLUP_MAX];
	uint64_t entries[PAGES];
	const struct own_change *change;
};

static char *at(uint64_t page)
{
	return (char *)RULE_BASE + page * PAGE_SIZE;
}

static void map_between(uint64_t page, int prot)
{
	must(mmap(at(page), PAGE_SIZE, prot, MAP_PRIVATE | MAP_ANONYMOUS |
		  MAP_FIXED | MAP_LOCKED, -1, 0) != MAP_FAILED, "mmap");
}

static void be_apart(uint64_t page)
{
	map_between(page, PROT_READ);
}

static void be_one(uint64_t page)
{
	map_between(page, RW);
}

static void not_be(uint64_t page)
{
	must(!munmap(at(page), PAGE_SIZE), "munmap");
}

static void protect(uint64_t page, int prot)
{
	must(!mprotect(at(page), PAGE_SIZE, prot), "mprotect");
}

static void merge(uint64_t page)
{
	protect(page, RW);
}

static void split(uint64_t page)
{
	protect(page, PROT_READ);
}

/* Each is done with each page between those that stay. */
static const struct own_change {
	const char *name;
	void (*before)(uint64_t page), (*make)(uint64_t page);
} own_changes[] = {
	{ "merge", be_apart, merge },
	{ "are unmapped", be_apart, not_be },
	{ "are split", be_one, split },
	{ "are mapped", not_be, be_apart },
};

static void each_between(void (*what)(uint64_t page))
{
	size_t i;

	for (i = 0; i < STAYS; i++)
		what(i * CELL_PAGES + STAY_PAGES);
}

static void prepare_own(void *arg)
{
	struct changing *changing = arg;

	each_between(changing->change->before);
}

static void change_own(void *arg)
{
	struct changing *changing = arg;

	each_between(changing->change->make);
}

static void read_own_rollup(void *arg)
{
	struct changing *changing = arg;

	read_rollup(changing->rollup, changing->text);
}

static void compare_own_rollup(struct check *check, void *arg)
{
	struct changing *changing = arg;
	int64_t least = STAYS * STAY_PAGES * KB, most = least + STAYS * KB;
	int64_t locked = smaps_rollup_field(changing->text, "Locked");

	check->checked++;
	if (locked < least || locked > most)
		check_fail(check, "smaps_rollup while VMAs between others %s: Locked is %" PRId64 " kB, expected %" PRId64 " to %" PRId64 " kB",
			   changing->change->name, locked, least, most);
}

static void read_own_pagemap(void *arg)
{
	struct changing *changing = arg;
	int64_t got = pagemap_read(changing->pagemap, RULE_BASE,
				   changing->entries, PAGES);

	if (got >= 0)
		memset(changing->entries + got, 0,
		       (PAGES - got) * sizeof(uint64_t));
}

static void compare_own_pagemap(struct check *check, void *arg)
{
	const uint64_t stays = PM_PRESENT | PM_EXCLUSIVE;
	struct changing *changing = arg;
	uint64_t page;

	for (page = 0; page < PAGES; page++) {
		uint64_t entry = changing->entries[page] & ~PM_PFN;

		check->checked++;
		if (entry == stays ||
		    (page % CELL_PAGES == STAY_PAGES && !(entry & ~stays)))
			continue;
		check_fail(check, "pagemap while VMAs between others %s: page %" PRIu64 " has the entry 0x%" PRIx64,
			   changing->change->name, page,
			   changing->entries[page]);
	}
}

static const struct own_reader {
	const char *name;
	void (*read)(void *arg);
	void (*compare)(struct check *check, void *arg);
	size_t changes;		/* so many of own_changes[] */
} own_readers[] = {
	{ "rollup", read_own_rollup, compare_own_rollup,
	  ARRAY_SIZE(own_changes) },
	{ "pagemap", read_own_pagemap, compare_own_pagemap, 2 },
};

static void check_one(struct rule_run *run, const struct own_reader *reader,
		      const struct own_change *change)
{
	static struct changing changing;
	size_t size = PAGES * PAGE_SIZE;

	must(mmap(at(0), size, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED |
		  MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED, "mmap");
	changing.change = change;
	changing.rollup = open_proc(getpid(), "smaps_rollup");
	changing.pagemap = open_proc(getpid(), "pagemap");
	play(&(struct scene){ rule_case(run, "%s while VMAs %s", reader->name,
					change->name),
			      prepare_own, change_own, reader->read,
			      reader->compare, &changing });
	close(changing.rollup);
	close(changing.pagemap);
	munmap(at(0), size);
}

void check_own_changes(struct rule_run *run)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(own_readers); i++)
		for (j = 0; j < own_readers[i].changes; j++)
			check_one(run, own_readers + i, own_changes + j);
}
