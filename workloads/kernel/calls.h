/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Walks that are a single system call each. These functions open the file that
 * the call needs, if any, and fill in its arguments, which point to run->buf.
 */
#ifndef CALLS_H
#define CALLS_H

#include <sys/uio.h>

#include "kernel/walks.h"

void call_pagemap_small(struct walk_run *run);
void call_pagemap_scan(struct walk_run *run);
void call_mincore(struct walk_run *run);
void call_clear_refs(struct walk_run *run);

/* What each needs of run->buf. */
#define PAGEMAP_SMALL_READS	UINT64_C(1024)	/* the most of one preadv() */
#define PAGEMAP_SMALL_SIZE	(PAGEMAP_SMALL_READS * \
				 (sizeof(struct iovec) + sizeof(uint64_t)))
#define PAGEMAP_SCAN_SIZE	(UINT64_C(128) << 10)
#define MINCORE_SIZE		(UINT64_C(128) << 10)
#define CLEAR_REFS_SIZE		PAGE_SIZE

#endif
