/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout of all joints that two kinds of memory can have, each of them in
 * the middle of a PTE table and at, just before and just behind the boundary
 * of two tables; and of VMAs that go on over the boundary of two huge pages or
 * tables. Around a joint is nothing else.
 */
#ifndef JOINTS_H
#define JOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "space/layout.h"

/* Small memory reaches at least so many pages to each side of its joint. */
#define JOINT_REACH	UINT64_C(8)

struct joint {
	char name[48];		/* "pfnmap|anon": the same for all positions */
	uint64_t page;		/* the first behind it */
	bool first;		/* none before it has its name */
};

struct joints {
	struct layout layout;
	size_t nr;
	struct joint *joints;
};

void joints_describe(struct joints *joints);
/*
 * Layouts of a single joint: of the last VMA with what is behind it, up to the
 * @end of the address space. @i is below nr_last_joints.
 */
extern const size_t nr_last_joints;
void joints_describe_last(struct joints *joints, size_t i, uint64_t end);

void joints_free(struct joints *joints);

#endif
