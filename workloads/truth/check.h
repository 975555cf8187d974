/* SPDX-License-Identifier: GPL-2.0 */
/* What a check of the kernel's word against the truth comes to. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "space/subject.h"

struct check {
	uint64_t checked;	/* comparisons made */
	uint64_t wrong;		/* those that failed */
	char detail[400];	/* the first that failed */
};

/* Count a comparison that failed and describe it, if it is the first. */
void check_fail(struct check *check, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline bool check_ok(const struct check *check)
{
	return !check->wrong;
}

/* What there is to say of it in a line; @fine if nothing is wrong. */
#define CHECK_TEXT	440
const char *check_text(const struct check *check, const char *fine,
		       char text[CHECK_TEXT]);

/* /proc/PID/smaps: every VMA, every field. */
void check_smaps(struct check *check, const struct subject *subject);

/* /proc/PID/pagemap in reads as long as they come: every page. */
void check_pagemap(struct check *check, const struct subject *subject);

/* /proc/PID/pagemap in reads of one page: every page on and near a region. */
void check_pagemap_page(struct check *check, const struct subject *subject);

/* A walk by the probe: how many pages each callback is called for. */
void check_walk(struct check *check, const struct subject *subject,
		const struct walk *walk);

#endif
