/* SPDX-License-Identifier: GPL-2.0 */
/* A file of recorded walks, see docs/formats.md. */
#ifndef GOLDEN_CASE_H
#define GOLDEN_CASE_H

#include "space/layout.h"

struct golden_case {
	char name[128];
	struct layout layout;
	uint64_t start, end;	/* of the walk, in pages */
	uint32_t callbacks;
	uint32_t test_walk;
	uint64_t stop_at;
	int32_t stop_code;
};

/* Read the cases of the file @path, so many to @nr; refuse a malformed one. */
struct golden_case *golden_read(const char *path, size_t *nr);
void golden_free(struct golden_case *cases, size_t nr);

#endif
