/* SPDX-License-Identifier: GPL-2.0 */
/* Transparent huge pages, of kernels that have them. */
#ifndef THP_H
#define THP_H

#include <stdbool.h>
#include <stdint.h>

#define NO_THP_HERE	"this kernel has no transparent huge pages, as those of --config=thp have"

bool thp_is_there(void);

/* From now on there is one only where thp_make() makes it. */
void thp_on_demand(void);

/*
 * Make one of the 2 MiB at @start, which have their pages, of process @pid, or
 * of this process if it is 0. Nothing happens where there is one.
 */
void thp_make(int pid, uint64_t start);
/* The same, but it may fail, if others are at work there. */
bool thp_try(int pid, uint64_t start);

#endif
