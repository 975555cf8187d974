// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/ktap.h"
#include "rules/contract.h"
#include "rules/rule.h"

/* U6 comes last: what the others left behind is what it finds. */
#define RULES(RULE)							\
	RULE(w1) RULE(w2) RULE(w3) RULE(w4) RULE(w5) RULE(w6) RULE(w7)	\
	RULE(w8) RULE(w9) RULE(w10) RULE(w11)				\
	RULE(u1) RULE(u2) RULE(u3) RULE(u4) RULE(u5) RULE(u6)

#define DECLARATION(name)	extern const struct rule rule_##name;
#define ADDRESS(name)		&rule_##name,

RULES(DECLARATION)

static const struct rule * const rules[] = { RULES(ADDRESS) };

static const struct rule *find_rule(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rules); i++)
		if (!strcmp(rules[i]->name, name))
			return rules[i];
	die("no rule %s: there are %s to %s", name, rules[0]->name,
	    rules[ARRAY_SIZE(rules) - 1]->name);
}

int contract_main(char **names, size_t n)
{
	size_t i, count = n ? n : ARRAY_SIZE(rules);
	int probe = probe_open();

	for (i = 0; i < n; i++)
		find_rule(names[i]);
	ktap_plan(count);
	for (i = 0; i < count; i++)
		rule_check(n ? find_rule(names[i]) : rules[i], probe);
	close(probe);
	return 0;
}
