/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel should say of a single page, by the truth about it. */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "space/layout.h"

/* Tell whether documentation says how to report the page. */
bool page_is_known(const struct truth *truth);

/* Tell whether the zero page is there. */
bool page_is_zero(const struct truth *truth);

/* Return all of its pagemap entry but the PFN and the soft-dirty bit. */
uint64_t page_entry(const struct truth *truth);

/* Return what PAGEMAP_SCAN calls it, of the categories in kernel/scan.h. */
uint64_t page_categories(const struct truth *truth);

/*
 * Return the byte that mincore() sets, or -1: mincore(2) leaves open whether
 * memory without a struct page is "in core", and kernels have said both.
 */
int page_in_core(const struct truth *truth);

/* Tell whether a write of @what to clear_refs makes this memory unreferenced. */
bool memory_is_cleared(const struct memory *memory, const char *what);

#endif
