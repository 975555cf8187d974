/* SPDX-License-Identifier: GPL-2.0 */
/* The result of comparing what the kernel says with the truth. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "space/subject.h"

struct check {
	uint64_t checked;	/* comparisons made */
	uint64_t wrong;		/* comparisons that failed */
	char detail[400];	/* the first comparison that failed */
};

/* Count a comparison that failed and describe it, if it is the first. */
void check_fail(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool check_ok(const struct check *check)
{
	return !check->wrong;
}

/* Return a line on what is wrong, or @fine if nothing is. */
#define CHECK_TEXT	440
const char *check_text(const struct check *check, const char *fine,
		       char text[CHECK_TEXT]);

/* Check every field of every VMA in /proc/PID/smaps. */
void check_smaps(struct check *check, const struct subject *subject);

/* Check every page in /proc/PID/pagemap, in long reads. */
void check_pagemap(struct check *check, const struct subject *subject);

/* Check every page on and near a region in pagemap, in reads of one page. */
void check_pagemap_page(struct check *check, const struct subject *subject);

/* Check for how many pages a walk by the probe calls each callback. */
void check_walk(struct check *check, const struct subject *subject,
		const struct walk *walk);

#endif
