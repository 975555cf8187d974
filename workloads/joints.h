/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout of all joints that two kinds of memory can have, each of them in
 * the middle of a PTE table and at, just before and just behind the boundary
 * of two tables. Around a joint is nothing else.
 */
#ifndef JOINTS_H
#define JOINTS_H

#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* Small memory reaches at least so many pages to each side of its joint. */
#define JOINT_REACH	UINT64_C(8)

struct joint {
	char name[48];		/* "pfnmap|anon": the same for all positions */
	uint64_t page;		/* the first behind it */
};

struct joints {
	struct layout layout;
	size_t nr;
	struct joint *joints;
};

void joints_describe(struct joints *joints);
void joints_free(struct joints *joints);

/* The first joint in the list that has this one's name is itself. */
bool joint_is_first(const struct joints *joints, size_t i);

#endif
