/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads of this process that map, unmap, split, merge and move VMAs between
 * those that stay, without end. Each has rooms of its own.
 */
#ifndef CHANGER_H
#define CHANGER_H

#include <stddef.h>

#include "stress/ledger.h"

/* The kinds of changes, "mmap", "mremap". */
#define NR_CHANGES	7

const char *change_name(size_t change);

/* Start the threads. They count the changes of each kind in @done. */
void changers_start(struct ledger *ledger, uint64_t *done);

#endif
