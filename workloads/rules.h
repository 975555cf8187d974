/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rules of the contract (docs/contract.md), checked one after the other.
 * A rule has cases; a case is a comparison of many things with their truth.
 */
#ifndef RULES_H
#define RULES_H

#include <stddef.h>

#include "check.h"

struct rule_case;

/* One rule being checked. */
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

extern const struct rule rule_w1, rule_w2, rule_w3, rule_w4, rule_w5, rule_w6,
	rule_w7, rule_w8, rule_w9, rule_w10, rule_w11;
extern const struct rule rule_pagemap, rule_smaps, rule_clear_refs,
	rule_mincore, rule_scan, rule_exit;

/*
 * Begin a case, whose outcome is what the check comes to. One that compares
 * nothing is broken, unless it is skipped.
 */
struct check *rule_case(struct rule_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void rule_skip(struct rule_run *run, const char *name, const char *why);

/* Check the @n rules named, or all. Return the exit status. */
int rules_main(char **names, size_t n);

#endif
