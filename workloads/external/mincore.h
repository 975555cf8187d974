/* SPDX-License-Identifier: GPL-2.0 */
#ifndef MINCORE_H
#define MINCORE_H

#include "rules/rule.h"

/* Compare mincore() of pages with a pattern: "1{256}0" is 256 of 1, then a 0. */
void check_mincore(struct check *check, void *memory, const char *pattern);

#endif
