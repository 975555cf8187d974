/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of rule U10. */
#ifndef U10_H
#define U10_H

#include "rules/rule.h"

/* Check memory that has a process of its own. @file is for shared memory. */
void check_apart(struct rule_run *run, int file);
/* Check that each write to protected memory is noticed, and no other. */
void check_noticed(struct rule_run *run);
/* Protect memory that is swapped out. */
void check_swapped(struct rule_run *run);

#endif
