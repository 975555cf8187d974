/* SPDX-License-Identifier: GPL-2.0 */
/* A file of cases: layouts, and what to read of each. See docs/formats.md. */
#ifndef CASES_H
#define CASES_H

#include "space/layout.h"

enum ask_kind {
	ASK_WALK,	/* a walk by the probe */
	ASK_PAGEMAP,	/* one read of pagemap */
	ASK_SCAN,	/* one PAGEMAP_SCAN */
	ASK_SMAPS,
	ASK_MINCORE,	/* one call */
};

/* One read, of the pages [from, to). */
struct ask {
	enum ask_kind kind;
	uint64_t from, to;
	/* Of a walk, as struct pagewalk_probe_trace has it. */
	uint32_t entry_point, callbacks, test_walk;
	uint64_t vma;			/* a page in it */
	uint64_t stop_at;
	int32_t stop_code;
	/* Of a scan, as struct scan has it. */
	uint64_t inverted, mask, anyof, report;
	uint64_t max_pages, max_regions;
};

struct try_case {
	char name[128];
	struct layout layout;
	size_t nr_asks;
	struct ask *asks;
};

/* Read the cases of the file @path, so many to @nr; refuse a malformed one. */
struct try_case *cases_read(const char *path, size_t *nr);
void cases_free(struct try_case *cases, size_t nr);

#endif
