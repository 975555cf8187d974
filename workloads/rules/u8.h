/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of rule U8. */
#ifndef U8_H
#define U8_H

#include "rules/rule.h"

void check_gone(struct rule_run *run);
void check_changed(struct rule_run *run);
void check_let_in(struct rule_run *run);

#endif
