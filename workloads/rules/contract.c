// SPDX-License-Identifier: GPL-2.0
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/thp.h"
#include "kernel/util.h"
#include "out/ktap.h"
#include "rules/contract.h"
#include "rules/rule.h"
#include "space/joints.h"
#include "space/shipped.h"
#include "space/taken.h"

extern const struct rule rule_w1, rule_w2, rule_w3, rule_w4, rule_w5, rule_w6,
	rule_w7, rule_w8, rule_w9, rule_w10, rule_w11,
	rule_u1, rule_u2, rule_u3, rule_u4, rule_u5, rule_u7, rule_u8, rule_u9,
	rule_u10, rule_u11, rule_u12, rule_u13, rule_u14, rule_u6;

#define HEAP_BLOCK_MAX	(64 << 10)	/* larger ones are given back */

/* U6 comes last, to find what the others left behind. */
static const struct rule * const rules[] = {
	&rule_w1, &rule_w2, &rule_w3, &rule_w4, &rule_w5, &rule_w6, &rule_w7,
	&rule_w8, &rule_w9, &rule_w10, &rule_w11,
	&rule_u1, &rule_u2, &rule_u3, &rule_u4, &rule_u5, &rule_u7, &rule_u8,
	&rule_u9, &rule_u10, &rule_u11, &rule_u12, &rule_u13, &rule_u14,
	&rule_u6,
};

/* These check whatever joints_describe() gives. */
static const struct rule * const rules_of_layout[] = {
	&rule_w1, &rule_w2, &rule_w3, &rule_w4, &rule_w5, &rule_w6, &rule_w7,
	&rule_w8, &rule_w9, &rule_w10, &rule_w11, &rule_u1, &rule_u2, &rule_u5,
};

static const struct rule *find_rule(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (!strcmp(rules[i]->name, name))
			return rules[i];
	refuse("no rule %s: there are %s to %s", name, rules[0]->name,
	    rules[ARRAY_SIZE(rules) - 1]->name);
}

/* Return the rules that are named, or else all that can be checked. */
static size_t choose(char **names, size_t named, const struct rule **chosen)
{
	size_t i, n = 0;

	for (i = 0; i < named; i++)
		chosen[n++] = find_rule(names[i]);
	for (i = 0; !named && joints_taken() &&
	     i < ARRAY_SIZE(rules_of_layout); i++)
		chosen[n++] = rules_of_layout[i];
	for (i = 0; !named && !joints_taken() && i < ARRAY_SIZE(rules); i++)
		chosen[n++] = rules[i];
	return n;
}

/* "--layout NAME" comes first, if it is there. Return how many words it takes. */
static int take_layout(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "--layout"))
		return 0;
	if (!layout_is_known(argv[2]))
		refuse("no layout '%s'", argv[2]);
	joints_take(argv[2]);
	return 2;
}

/* Return why this kernel cannot have the layout that was taken, or NULL. */
static const char *why_not(void)
{
	struct layout layout;
	const char *lacks;

	if (thp_is_there())
		thp_on_demand();
	if (!joints_taken() || !layout_named(&layout, joints_taken()))
		return NULL;
	lacks = layout_lacks(&layout);
	layout_free(&layout);
	return lacks;
}

int contract_main(int argc, char **argv)
{
	const struct rule **chosen = xcalloc(argc + ARRAY_SIZE(rules),
					     sizeof(*chosen));
	int probe, taken = take_layout(argc, argv);
	size_t i, n = choose(argv + 1 + taken, argc - 1 - taken, chosen);
	const char *skipped = why_not();

	/* The heap never shrinks: U6 counts the pages of this process, too. */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK_MAX);
	probe = probe_find();
	ktap_plan(n);
	for (i = 0; i < n; i++)
		rule_check(chosen[i], probe, skipped);
	if (probe != NO_PROBE)
		close(probe);
	free(chosen);
	return 0;
}
