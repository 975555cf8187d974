/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A transparent huge page that one thread makes by MADV_COLLAPSE, and another
 * splits by walks to its PTEs, all the time.
 */
#ifndef HUGE_H
#define HUGE_H

#include "stress/ledger.h"

enum { HUGE_COLLAPSE, HUGE_SPLIT, NR_HUGE_CHANGES };

const char *huge_change_name(size_t change);
/* Start the threads, in the process that has the layout. They count in @done. */
void huge_start(const struct ledger *ledger, int probe, uint64_t *done);

#endif
