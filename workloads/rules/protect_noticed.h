/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROTECT_NOTICED_H
#define PROTECT_NOTICED_H

#include "rules/rule.h"

/* Check that each write to protected memory is noticed, and no other. */
void check_noticed(struct rule_run *run);

#endif
