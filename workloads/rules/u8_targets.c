// SPDX-License-Identifier: GPL-2.0
/*
 * U8: whatever process is asked about, the answer is of that process: if it has
 * no memory, there is nothing to tell; and what it keeps while it changes the
 * rest is told once.
 */
#include "rules/u8.h"

static void check_targets_rule(struct rule_run *run)
{
	check_gone(run);
	check_changed(run);
	check_still(run);
	check_own_changes(run);
}

const struct rule rule_u8 = { "U8", "targets", check_targets_rule };
