/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is freed, but not free yet. */
#ifndef SETTLE_H
#define SETTLE_H

#include <stdint.h>

/* Have the kernel say no more in its log whenever caches are dropped. */
void settle_in_silence(void);

/*
 * KASAN keeps what is freed, up to a 32nd of memory, until more comes. Let it
 * have so much of one kind that it gives all else back.
 */
void settle_quarantine(void);

/* Drop all caches, wait until no more becomes free, and return how many pages. */
uint64_t settled_free_pages(void);

#endif
