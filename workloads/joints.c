// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "joints.h"
#include "util.h"

/* As for the layouts that are built in: far from everything else. */
#define BASE	UINT64_C(0x1000000000)

#define TOP_PAGES	UINT64_C(262144)	/* behind a top-level entry */

#define SMALL		UINT64_C(12)	/* pages on one side of a joint */

static const struct side {
	const char *name;
	enum kind kind;
	bool present;
} sides[] = {
	{ "pfnmap", KIND_PFNMAP, true },
	{ "anon", KIND_ANON, true },
	{ "hole", KIND_HOLE, false },
	{ "absent anon", KIND_ANON, false },
	{ "hugetlb", KIND_HUGETLB, true },
	{ "absent hugetlb", KIND_HUGETLB, false },
};

enum { PFNMAP, ANON, HOLE, ABSENT_ANON, HUGETLB, ABSENT_HUGETLB };

static void add_joint(struct joints *joints, const struct side *left,
		      const struct side *right)
{
	struct joint *joint;

	joints->joints = xrealloc(joints->joints, joints->nr + 1,
				  sizeof(*joints->joints));
	joint = joints->joints + joints->nr++;
	joint->page = joints->layout.pages;
	snprintf(joint->name, sizeof(joint->name), "%s|%s", left->name,
		 right->name);
}

static uint64_t side_pages(const struct side *side)
{
	return side->kind == KIND_HUGETLB ? HUGE_PAGES : SMALL;
}

static void put_side(struct layout *layout, const struct side *side)
{
	uint64_t pages = side_pages(side);

	if (side->kind == KIND_HOLE)
		layout_hole(layout, pages);
	else
		layout_region(layout, side->kind, pages, 0,
			      side->present && side->kind != KIND_PFNMAP);
}

/* Room before and behind: of a joint at @page, in a place of its own. */
static void put_pair(struct joints *joints, const struct side *left,
		     const struct side *right, uint64_t page)
{
	struct layout *layout = &joints->layout;

	layout_hole(layout, page - side_pages(left) - layout->pages);
	put_side(layout, left);
	add_joint(joints, left, right);
	put_side(layout, right);
}

/* The first table boundary that leaves room for a pair and two tables more. */
static uint64_t next_boundary(const struct layout *layout)
{
	return (layout->pages / TABLE_PAGES + 3) * TABLE_PAGES;
}

static void put_positions(struct joints *joints, const struct side *left,
			  const struct side *right)
{
	static const int positions[] = { 100, -1, 0, 1 };
	bool huge = left->kind == KIND_HUGETLB || right->kind == KIND_HUGETLB;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(positions); i++)
		if (!huge || !positions[i])
			put_pair(joints, left, right,
				 next_boundary(&joints->layout) + positions[i]);
}

/* Anonymous neighbours would be one VMA. */
static bool possible(const struct side *left, const struct side *right)
{
	return left->kind != right->kind || left->kind == KIND_PFNMAP ||
	       left->kind == KIND_HUGETLB;
}

static uint64_t next_top(const struct layout *layout)
{
	return (layout->pages / TOP_PAGES + 1) * TOP_PAGES;
}

/*
 * Absent hugetlb memory behind a top-level entry that has nothing else: there
 * is no page table for it, not even the one that has its empty entry.
 */
static void put_tableless(struct joints *joints, const struct side *left,
			  const struct side *right)
{
	static const struct side tableless = {
		"tableless hugetlb", KIND_HUGETLB, false
	};

	put_pair(joints, left, &tableless, next_top(&joints->layout));
	add_joint(joints, &tableless, right);
	put_side(&joints->layout, right);
}

void joints_describe(struct joints *joints)
{
	size_t i, j;

	*joints = (struct joints){
		.layout = { .name = "joints", .base = BASE },
	};
	for (i = 0; i < ARRAY_SIZE(sides); i++)
		for (j = 0; j < ARRAY_SIZE(sides); j++)
			if (possible(sides + i, sides + j))
				put_positions(joints, sides + i, sides + j);
	put_tableless(joints, sides + ANON, sides + HOLE);
	put_tableless(joints, sides + PFNMAP, sides + ABSENT_ANON);
	put_tableless(joints, sides + HOLE, sides + ABSENT_HUGETLB);
	layout_hole(&joints->layout, SMALL);
}

void joints_free(struct joints *joints)
{
	layout_free(&joints->layout);
	free(joints->joints);
	*joints = (struct joints){ 0 };
}

bool joint_is_first(const struct joints *joints, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (!strcmp(joints->joints[j].name, joints->joints[i].name))
			return false;
	return true;
}
