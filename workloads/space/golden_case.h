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

/* All cases of the file @path into @nr; refuses one that is malformed. */
struct golden_case *golden_read(const char *path, size_t *nr);
void golden_free(struct golden_case *cases, size_t nr);

#endif
