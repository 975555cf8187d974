/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of U9: readers are asked in every way that the interface allows,
 * and in some that it does not.
 */
#ifndef U9_H
#define U9_H

#include <stddef.h>
#include <stdint.h>

#include "rules/rule.h"
#include "space/subject.h"

/* A buffer whose page behind the last cannot be accessed. */
struct guarded {
	char *start, *end;
};

struct guarded guarded_map(uint64_t pages);
void guarded_unmap(struct guarded *guarded);

/* Compare what a call returned, a negative error number if it failed. */
void how_expect(struct check *check, int64_t got, int64_t expected,
		const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Return what a system call returned, or its negative error number. */
int64_t how_result(int64_t returned);

void how_pagemap(struct rule_run *run, const struct subject *subject);
void how_text(struct rule_run *run, const struct subject *subject);
void how_scan(struct rule_run *run, const struct subject *subject);
void how_clear_refs(struct rule_run *run, const struct subject *subject);
void how_mincore(struct rule_run *run);

#endif
