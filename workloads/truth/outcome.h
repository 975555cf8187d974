/* SPDX-License-Identifier: GPL-2.0 */
/* The results of the checks of traces, by rule (W1 to W11) and case. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stddef.h>

#include "truth/check.h"
#include "truth/trace.h"

enum walk_rule {
	W1, W2, W3, W4, W5, W6, W7, W8, W9, W10, W11, NR_WALK_RULES,
};

/*
 * Count a comparison that decides @rule. If it is not @ok, say what is wrong;
 * the words are made only then.
 */
#define expect(trace, rule, ok, ...) \
	((ok) ? expect_met(trace, rule) : \
		expect_missed(trace, rule, __VA_ARGS__))

void expect_met(const struct trace *trace, enum walk_rule rule);
void expect_missed(const struct trace *trace, enum walk_rule rule,
		   const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The cases of a rule, each of which may have compared nothing. The sets of
 * callbacks come first, so that the first fault is shown.
 */
size_t nr_outcomes(void);
const char *outcome_name(size_t i);
const struct check *outcome_of(enum walk_rule rule, size_t i);

/* "W1". */
const char *walk_rule_name(enum walk_rule rule);

/* Tell whether any comparison failed since all was forgotten, and forget all. */
bool outcomes_wrong(void);
void outcomes_forget(void);

#endif
