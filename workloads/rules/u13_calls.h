/* SPDX-License-Identifier: GPL-2.0 */
/* The calls that U13 checks, and what each of them does to a page. */
#ifndef U13_CALLS_H
#define U13_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "rules/u13_arena.h"

struct call {
	const char *name;
	/* Call it. Return 0 or a negative error number. */
	int (*call)(void *start, size_t size);
	/* Do to one page what it does; return likewise if it cannot. */
	int (*effect)(struct arena_page *page);
	bool is_rounded;	/* the start need not be the start of a page */
	bool skips_holes;	/* what lies behind a hole is affected, too */
};

extern const struct call call_lock, call_lock_on_fault, call_unlock, call_protect,
	call_forbid, advise_cold, advise_pageout, advise_free, advise_dontneed,
	advise_read, advise_write;

#endif
