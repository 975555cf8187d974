/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VMAs that stay, with room between them. None merges with what is mapped
 * there.
 */
#ifndef MARKED_H
#define MARKED_H

#include "space/layout.h"

struct marked {
	struct layout layout;
	int file;
};

/* Pages behind each VMA that are free to be mapped. */
#define ROOM_PAGES	UINT64_C(64)

/* One of the VMAs has a transparent huge page, if there are any. */
void marked_describe(struct marked *marked, bool with_thp);
/* Return the first page of the room behind a region. */
uint64_t room_behind(const struct region *region);

#endif
