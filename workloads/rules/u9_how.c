// SPDX-License-Identifier: GPL-2.0
/*
 * U9: however a reader is asked, at any offset, of any length and alignment, in
 * pieces, with buffers that end too soon, it says the same or refuses.
 */
#include "kernel/util.h"
#include "rules/u9.h"

/* Some page tables, and then many small VMAs: what text files list is long. */
#define TABLES_PAGES	(4 * TABLE_PAGES + 37)
#define SMALL		UINT64_C(40)

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
