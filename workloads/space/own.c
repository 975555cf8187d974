// SPDX-License-Identifier: GPL-2.0
#include "space/map.h"
#include "space/own.h"
#include "space/pool.h"

static uint64_t pool_before;

void own_map(const struct layout *layout, int probe)
{
	size_t i;

	pool_before = pool_add(layout_stats(layout).huge);
	layout_map_or_die(layout, probe);
	for (i = 0; i < layout->nr_regions; i++)
		layout_populate(layout, layout->regions + i, probe, 0);
}

void own_unmap(const struct layout *layout)
{
	layout_unmap(layout);
	pool_restore(pool_before);
}
