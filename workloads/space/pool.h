/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's pools of huge pages: of 2 MiB, unless it says otherwise. */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "space/layout.h"

#define NO_GIGANTIC_HERE	"this kernel has no huge pages of 1 GiB, as those of --config=thp have"

/* Add @huge huge pages, or die. Return how many there were. */
uint64_t pool_add(uint64_t huge);
void pool_restore(uint64_t had);

/* Tell whether there are huge pages of 1 GiB, too. */
bool pool_has_gigantic(void);

/* What was added for a layout, and how many there were of each size. */
struct pools {
	bool huge, gigantic;
	uint64_t huge_before, gigantic_before;
};

/* Add as many huge pages of each size as a layout needs, or die. */
void pools_add(struct pools *pools, const struct layout *layout);
void pools_restore(const struct pools *pools);

#endif
