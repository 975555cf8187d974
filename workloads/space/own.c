// SPDX-License-Identifier: GPL-2.0
#include "space/map.h"
#include "space/own.h"
#include "space/pool.h"
#include "space/taken.h"

static bool has_pool;		/* the layout needs huge pages... */
static uint64_t pool_before;	/* ...and so many were in the pool before */

void own_map(const struct layout *layout, int probe)
{
	uint64_t huge = layout_pool(layout);
	size_t i;

	layout_take(layout);
	has_pool = huge;
	if (huge)
		pool_before = pool_add(huge);
	layout_map_or_die(layout, probe);
	for (i = 0; i < layout->nr_regions; i++)
		layout_populate(layout, layout->regions + i, probe, 0);
}

void own_unmap(const struct layout *layout)
{
	layout_unmap(layout);
	layout_give_back(layout);
	if (has_pool)
		pool_restore(pool_before);
}
