/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of rule U14. */
#ifndef U14_H
#define U14_H

#include <stdint.h>

#include "rules/rule.h"

/*
 * Check what a query of the open file @maps gives for the name of the VMA at
 * @address, which is @name ("" if it has none), into a buffer of @size bytes.
 */
void check_query_name(struct check *check, int maps, uint64_t address,
		      const char *name, uint32_t size);
/* Names and build IDs of memory of this process. */
void check_query_own(struct rule_run *run);

#endif
