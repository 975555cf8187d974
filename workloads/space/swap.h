/* SPDX-License-Identifier: GPL-2.0 */
/* Swap space: the guest's disk, whatever is on it. */
#ifndef SWAP_H
#define SWAP_H

#include <stdbool.h>

#include "space/layout.h"

/* Return why there can be no swap space here, or NULL. */
const char *swap_missing(void);

/* Have swap space, until as many have given it back as have taken it. */
void swap_take(void);
void swap_give_back(void);

/*
 * Write the pages of a range of this process's memory from @start on, and swap them
 * out, so that none is left in memory, not even in the swap cache. There are no
 * others between them.
 */
void swap_out(uint64_t start, const struct range *range, bool shared);

#endif
