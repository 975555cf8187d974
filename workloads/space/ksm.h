/* SPDX-License-Identifier: GPL-2.0 */
/* KSM, which merges pages that are equal. */
#ifndef KSM_H
#define KSM_H

#include "space/layout.h"

/* Return why there can be no merged pages here, or NULL. */
const char *ksm_missing(void);

/*
 * Write the pages of a range of this process's memory from @start on, so that each
 * is equal to its neighbour and to no other page. Their number is even.
 */
void ksm_write_pairs(uint64_t start, const struct range *range);
/* Merge @pages pages of this process, all that are MADV_MERGEABLE and not merged. */
void ksm_merge(uint64_t pages);

#endif
