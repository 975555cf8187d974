/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/meminfo, and what it leaves out. */
#ifndef MEMINFO_H
#define MEMINFO_H

#include <stddef.h>
#include <stdint.h>

/* Read the @nr fields that have these @names. */
void meminfo_read(const char * const *names, uint64_t *values, size_t nr);

/* Return how much memory is free, with what MemFree leaves out, in kB. */
uint64_t free_memory_kb(void);

#endif
