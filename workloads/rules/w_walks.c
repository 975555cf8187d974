// SPDX-License-Identifier: GPL-2.0
/*
 * W1 to W11: what a caller of walk_page_range(), walk_page_range_vma() and
 * walk_page_vma() may rely on. One round of traced walks serves all rules, and
 * each rule reports its part. A debug kernel and KUnit check W12, the locks.
 */
#include "kernel/probe.h"
#include "rules/rule.h"
#include "rules/w_tries.h"
#include "space/joints.h"
#include "truth/outcome.h"

static void tell(struct rule_run *run, enum walk_rule rule)
{
	static bool done;
	size_t i;

	if (run->probe == NO_PROBE) {
		rule_skip(run, "all", NO_PROBE_HERE);
		return;
	}
	if (!done)
		try_walks(run->probe);
	done = true;
	for (i = 0; i < nr_outcomes(); i++)
		if (outcome_of(rule, i)->checked)
			*rule_case(run, "%s", outcome_name(i)) =
				*outcome_of(rule, i);
	if (!run->nr)
		rule_skip(run, "all", joints_taken() ?
			  "the layout has nothing to check it with" :
			  "this walker has no test_walk()");
}

#define WALK_RULE(number, title)					\
static void check_w##number(struct rule_run *run)			\
{									\
	tell(run, W##number);						\
}									\
const struct rule rule_w##number = { "W" #number, title, check_w##number }

WALK_RULE(1, "confined");
WALK_RULE(2, "ordered");
WALK_RULE(3, "covered");
WALK_RULE(4, "hugetlb_apart");
WALK_RULE(5, "hugetlb_holes");
WALK_RULE(6, "pfnmap");
WALK_RULE(7, "vma_known");
WALK_RULE(8, "asked_once");
WALK_RULE(9, "verbatim");
WALK_RULE(10, "refused");
WALK_RULE(11, "harmless");
