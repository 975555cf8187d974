/* SPDX-License-Identifier: GPL-2.0 */
#ifndef U13_LIMIT_H
#define U13_LIMIT_H

#include "rules/rule.h"

/* How much a process may lock. */
void check_lock_limit(struct rule_run *run);
/* What mlockall() locks, and what munlockall() leaves. */
void check_lock_all(struct rule_run *run);

#endif
