// SPDX-License-Identifier: GPL-2.0
/*
 * U9: however a reader is asked, at any offset, of any length and alignment, in
 * pieces, with buffers that end too soon, it says the same or refuses.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "rules/how.h"

/* Some page tables, and then many small VMAs: what text files list is long. */
#define TABLES_PAGES	(4 * TABLE_PAGES + 37)
#define SMALL		UINT64_C(40)

struct guarded guarded_map(uint64_t pages)
{
	uint64_t size = pages * PAGE_SIZE;
	char *start = mmap(NULL, size + PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (start == MAP_FAILED ||
	    mprotect(start + size, PAGE_SIZE, PROT_NONE))
		die("a buffer: %s", strerror(errno));
	return (struct guarded){ start, start + size };
}

void guarded_unmap(struct guarded *guarded)
{
	munmap(guarded->start, guarded->end + PAGE_SIZE - guarded->start);
}

int64_t how_result(int64_t returned)
{
	return returned < 0 ? -errno : returned;
}

void how_expect(struct check *check, int64_t got, int64_t expected,
		const char *format, ...)
{
	char what[160];
	va_list args;

	check->checked++;
	if (got == expected)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	check_fail(check, "%s: gave %lld%s%s, expected %lld", what,
		   (long long)got, got < 0 ? " " : "",
		   got < 0 ? strerror(-got) : "", (long long)expected);
}

static void describe(struct layout *layout)
{
	uint64_t i;

	*layout = (struct layout){ .name = "how", .base = RULE_BASE };
	layout_region(layout, &mem_anon, TABLES_PAGES, 0, 3);
	for (i = 0; i < SMALL; i++) {
		layout_hole(layout, 1);
		layout_region(layout, &mem_anon, 2, 0, 1);
	}
}

static void check_how(struct rule_run *run)
{
	struct subject subject;
	struct layout layout;

	describe(&layout);
	/* With nothing of this process, whose pages may become private. */
	subject_start_alone(&subject, &layout, run->probe);
	how_pagemap(run, &subject);
	how_text(run, &subject);
	how_scan(run, &subject);
	how_clear_refs(run, &subject);
	subject_stop(&subject);
	layout_free(&layout);
	how_mincore(run);
}

const struct rule rule_u9 = { "U9", "how", check_how };
