/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory of this process in which kinds of memory lie next to each other, and
 * what is true of each of its pages, which the calls that change it keep.
 */
#ifndef U13_ARENA_H
#define U13_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/util.h"
#include "rules/rule.h"
#include "space/layout.h"
#include "truth/check.h"

#define ARENA_FIRST	UINT64_C(503)	/* pages from RULE_BASE */
#define ARENA_END	UINT64_C(552)
#define ARENA_PAGES	(ARENA_END - ARENA_FIRST)

static inline uint64_t arena_address(uint64_t page)
{
	return RULE_BASE + page * PAGE_SIZE;
}

struct arena_page {
	const struct memory *memory;	/* NULL in a hole */
	int prot;
	bool present;
	bool counted;		/* it is in Rss: the zero page is not */
	bool referenced;
	bool lazy;		/* lazily freed */
	bool locked, on_fault;	/* of the VMA */
	bool own;		/* anonymous */
	bool of_two;		/* another process has it, too */
	bool unsure;		/* nothing says what it is now */
};

struct arena {
	struct check *check;
	char what[80];		/* the call that is checked */
	int probe;
	int file, zero, mem, pagemap, flags;
	struct layout layout;
	char *text, *scratch;
	struct arena_page pages[ARENA_PAGES];
};

void arena_open(struct arena *arena, int probe);
void arena_close(struct arena *arena);

void arena_map(struct arena *arena);
void arena_unmap(struct arena *arena);

static inline struct arena_page *arena_page(struct arena *arena, uint64_t page)
{
	return arena->pages + page - ARENA_FIRST;
}

/* Compare all that the kernel says of the memory with what is true. */
void arena_check(struct arena *arena);

#endif
