// SPDX-License-Identifier: GPL-2.0
#include "kernel/thp.h"
#include "kernel/util.h"
#include "space/ksm.h"
#include "space/pool.h"
#include "space/swap.h"
#include "space/taken.h"

static void require(const struct layout *layout, const char *what,
		    const char *missing)
{
	if (missing)
		refuse("layout %s: no %s: %s: take --config=wide",
		       layout->name, what, missing);
}

const char *layout_lacks(const struct layout *layout)
{
	if (layout_needs_thp(layout) && !thp_is_there())
		return NO_THP_HERE;
	if (layout_needs_gigantic(layout) && !pool_has_gigantic())
		return NO_GIGANTIC_HERE;
	return NULL;
}

void layout_take(const struct layout *layout)
{
	const char *lacks = layout_lacks(layout);

	if (lacks)
		refuse("layout %s: %s", layout->name, lacks);
	if (layout_needs_thp(layout))
		thp_on_demand();
	if (layout_has(layout, CONTENT_MERGED))
		require(layout, "merged pages", ksm_missing());
	if (!layout_has(layout, CONTENT_SWAPPED))
		return;
	require(layout, "swap space", swap_missing());
	swap_take();
}

void layout_give_back(const struct layout *layout)
{
	if (layout_has(layout, CONTENT_SWAPPED))
		swap_give_back();
}
