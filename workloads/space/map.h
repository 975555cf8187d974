/* SPDX-License-Identifier: GPL-2.0 */
/* Map a layout into a process, and populate it. */
#ifndef MAP_H
#define MAP_H

#include "space/layout.h"

/* From this one on, descriptors are those without which memory would change. */
#define KEPT_DESCRIPTORS	512

/*
 * Map all regions into this process. Return 0, or an error number and in
 * @region the region that failed.
 */
int layout_map(const struct layout *layout, int probe, size_t *region);
void layout_map_or_die(const struct layout *layout, int probe);
/* Die with a line about an error of layout_map(). */
void layout_unmappable(const struct layout *layout, size_t region, int error)
	__attribute__((noreturn));
void layout_unmap(const struct layout *layout);

/*
 * Populate a region of process @pid, or of this process if it is 0. Without a
 * probe, @probe is NO_PROBE, here and above.
 */
void layout_populate(const struct layout *layout, const struct region *region,
		     int probe, int pid);

/*
 * Make the transparent huge pages that have a page in [@from, @to) and can be made,
 * in process @pid, where they are split.
 */
void layout_make_thps(const struct layout *layout, uint64_t from, uint64_t to,
		      int pid);

/* Tell whether only the process itself can populate this region. */
bool needs_owner(const struct region *region);

#endif
