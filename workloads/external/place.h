/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory where mm_regression has it, but for zeros at the end: that puts it at
 * 0x700000000000, and user-mode Linux has no address above 0x8000000000. No
 * layout is used for that, since what other people expect must not depend on
 * what umwalk takes for true.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdint.h>

#include "kernel/util.h"

#define PLACE		UINT64_C(0x700000000)
#define HUGE_SIZE	(HUGE_PAGES * PAGE_SIZE)
#define PLACE_SIZE	(64 * HUGE_SIZE)

/* Map so many bytes at an offset from the place, or die. */
void *place_anon(uint64_t offset, uint64_t size);
void *place_hugetlb(uint64_t offset, uint64_t size);
void *place_file(uint64_t offset, uint64_t size, int fd);
/* Map one page of the probe's VM_PFNMAP memory. */
void *place_pfnmap(uint64_t offset, int probe);
/* Unmap all of that. */
void place_clear(void);

/* Make a file in memory, of MFD_HUGETLB or other flags, or die. */
int place_new_file(unsigned int flags, uint64_t size);

#endif
