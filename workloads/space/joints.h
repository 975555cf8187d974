/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout with all joints of two kinds of memory. Each lies in the middle of a
 * PTE table, and at, just before and just behind the boundary of two tables. It
 * also has VMAs that go on over the boundary of two huge pages or tables.
 * Nothing else lies around a joint.
 */
#ifndef JOINTS_H
#define JOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "space/layout.h"

/* Small memory has at least so many pages on each side of its joint. */
#define JOINT_REACH	UINT64_C(8)

struct joint {
	char name[48];		/* "pfnmap|anon": the same for all positions */
	uint64_t page;		/* the first page behind the joint */
	bool first;		/* no joint before has the same name */
};

struct joints {
	struct layout layout;
	bool plain;		/* without memory that only the probe has */
	bool thp;		/* with transparent huge pages */
	size_t nr;
	struct joint *joints;
};

/* Without the probe, @probe is NO_PROBE, without the memory that only it has. */
void joints_describe(struct joints *joints, int probe);
/*
 * From now on, describe the joints of the layout of that name instead: where its
 * VMAs begin and end. Of each kind of joint, a few are taken.
 */
void joints_take(const char *name);
/* Return that name, or NULL. */
const char *joints_taken(void);
/*
 * Make layout @i, below nr_last_joints, with a single joint: the last VMA and
 * what is behind it, up to the @end of the address space.
 */
extern const size_t nr_last_joints;
void joints_describe_last(struct joints *joints, size_t i, uint64_t end);

void joints_free(struct joints *joints);

#endif
