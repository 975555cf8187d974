/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of rule U8. */
#ifndef U8_H
#define U8_H

#include "kernel/util.h"
#include "rules/rule.h"

void check_gone(struct rule_run *run);
void check_changed(struct rule_run *run);
void check_still(struct rule_run *run);
void check_own_changes(struct rule_run *run);

/* Read smaps_rollup, which is open. */
#define ROLLUP_MAX	PAGE_SIZE
void read_rollup(int fd, char text[ROLLUP_MAX]);

#endif
