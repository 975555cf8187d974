/* SPDX-License-Identifier: GPL-2.0 */
/* A rule of the contract (docs/contract.md), checked case by case. */
#ifndef RULE_H
#define RULE_H

#include <stddef.h>

#include "truth/check.h"

/* The base of address spaces that a rule builds itself. */
#define RULE_BASE	UINT64_C(0x1800000000)

struct rule_case;

/* The check of one rule. */
struct rule_run {
	int probe;
	size_t nr;
	struct rule_case **cases;
};

struct rule {
	const char *name;	/* "U1" */
	const char *title;	/* "window" */
	void (*check)(struct rule_run *run);
};

/*
 * Begin a case, and return its check. A case that compares nothing fails,
 * unless it is skipped.
 */
struct check *rule_case(struct rule_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void rule_skip(struct rule_run *run, const char *name, const char *why);

/*
 * Check a rule and report its cases: a KTAP subtest, and records. If @skipped
 * says why, nothing can be checked.
 */
void rule_check(const struct rule *rule, int probe, const char *skipped);

#endif
