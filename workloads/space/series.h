/* SPDX-License-Identifier: GPL-2.0 */
/* Series of layouts that grow in one thing, of which each layout has @n. */
#ifndef SERIES_H
#define SERIES_H

#include "space/layout.h"

void series_vmas(struct layout *layout, uint64_t n);
void series_gaps(struct layout *layout, uint64_t n);
void series_pages(struct layout *layout, uint64_t n);
void series_holes(struct layout *layout, uint64_t n);
void series_tables(struct layout *layout, uint64_t n);
void series_huge(struct layout *layout, uint64_t n);

#endif
