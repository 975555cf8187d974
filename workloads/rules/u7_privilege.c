// SPDX-License-Identifier: GPL-2.0
/*
 * U7: what the kernel says of a process depends on who asks, but only as it is
 * documented. Each who asks is a process of its own.
 */
#include "rules/u7.h"

static void check_privilege_rule(struct rule_run *run)
{
	check_addresses(run);
	check_access(run);
	check_residency(run);
}

const struct rule rule_u7 = { "U7", "privilege", check_privilege_rule };
