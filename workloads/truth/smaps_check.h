/* SPDX-License-Identifier: GPL-2.0 */
/* What smaps should say of a region of a layout. */
#ifndef SMAPS_CHECK_H
#define SMAPS_CHECK_H

#include "kernel/smaps.h"
#include "space/layout.h"
#include "truth/check.h"

/* Return how many VMAs of the layout have mapped a page of the region. */
uint64_t smaps_sharers(const struct layout *layout, const struct region *region);

/* Expect this of each field of a region. */
void smaps_expect(uint64_t *field, const struct layout *layout,
		  const struct region *region);

/* Check every field of what should be the VMA of a region. */
void check_smaps_vma(struct check *check, const struct layout *layout,
		     const struct region *region, const struct smaps_vma *vma);

/* Check what is true of the numbers of any VMA. */
void check_smaps_sums(struct check *check, const struct smaps_vma *vma);

#endif
