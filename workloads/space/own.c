// SPDX-License-Identifier: GPL-2.0
#include "space/map.h"
#include "space/own.h"
#include "space/pool.h"
#include "space/taken.h"

static struct pools pools;

void own_map(const struct layout *layout, int probe)
{
	size_t i;

	layout_take(layout);
	pools_add(&pools, layout);
	layout_map_or_die(layout, probe);
	for (i = 0; i < layout->nr_regions; i++)
		layout_populate(layout, layout->regions + i, probe, 0);
}

void own_unmap(const struct layout *layout)
{
	layout_unmap(layout);
	layout_give_back(layout);
	pools_restore(&pools);
}
