/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PROTECT_APART_H
#define PROTECT_APART_H

#include "rules/rule.h"

/* Check memory that has a process of its own. @file is for shared memory. */
void check_apart(struct rule_run *run, int file);

#endif
