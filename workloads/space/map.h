/* SPDX-License-Identifier: GPL-2.0 */
/* A layout made real. */
#ifndef MAP_H
#define MAP_H

#include "space/layout.h"

/*
 * Map all regions into this process. Return 0, or an error number, and then in
 * @region the one that could not be.
 */
int layout_map(const struct layout *layout, int probe, size_t *region);
void layout_map_or_die(const struct layout *layout, int probe);
/* Die of an error of layout_map(). */
void layout_unmappable(const struct layout *layout, size_t region, int error)
	__attribute__((noreturn));
void layout_unmap(const struct layout *layout);

/* Populate a region of process @pid; 0: of this one. */
void layout_populate(const struct layout *layout, const struct region *region,
		     int probe, int pid);

/* Some memory only the process that has it can populate. */
bool needs_owner(const struct memory *memory);

#endif
