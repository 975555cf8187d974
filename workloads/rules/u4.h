/* SPDX-License-Identifier: GPL-2.0 */
#ifndef U4_H
#define U4_H

#include "rules/rule.h"

/* Check mincore() of memory that was swapped out, if the kernel can do that. */
void check_mincore_of_swapped(struct rule_run *run);

#endif
