// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/probe.h"
#include "kernel/thp.h"
#include "kernel/util.h"
#include "space/joints.h"
#include "space/shipped.h"

#define SMALL		UINT64_C(12)	/* pages on one side of a joint */

#define ENOUGH		4	/* joints of a kind, of a layout that is taken */

/* The last layouts begin so far ahead of the end of the address space. */
#define LAST_TABLES	UINT64_C(4)

/* What lies to one side of a joint: a VMA of its own, or nothing. */
struct side {
	const char *name;
	const struct memory *memory;	/* NULL: a hole */
	uint64_t first, step;	/* the populated (huge) pages */
};

static const struct side sides[] = {
	{ "pfnmap", &mem_pfnmap, 0, 0 },
	{ "anon", &mem_anon, 0, 1 },
	{ "hole", NULL, 0, 0 },
	{ "absent anon", &mem_anon, 0, 0 },
	{ "hugetlb", &mem_hugetlb, 0, 1 },
	{ "absent hugetlb", &mem_hugetlb, 0, 0 },
	{ "copied pfnmap", &mem_pfnmap_cow, 0, 3 },
	{ "faulted pfnmap", &mem_pfnmap_fault, 0, 2 },
	{ "mixedmap", &mem_mixedmap, 0, 2 },
	{ "thp", &mem_thp, 0, 1 },
};

enum { PFNMAP, ANON, HOLE, ABSENT_ANON, HUGETLB, ABSENT_HUGETLB };

/* Joints inside a VMA, of a table or a huge page with the next. */
static const struct side wholes[] = {
	{ "within hugetlb", &mem_hugetlb, 0, 1 },
	{ "within hugetlb, the second absent", &mem_hugetlb, 0, 2 },
	{ "within hugetlb, the first absent", &mem_hugetlb, 1, 2 },
	{ "within absent hugetlb", &mem_hugetlb, 0, 0 },
	{ "within anon", &mem_anon, 0, 1 },
	{ "within sparse anon", &mem_anon, 1, 2 },
	{ "within anon, the first table absent", &mem_anon, SMALL, 1 },
	{ "within absent anon", &mem_anon, 0, 0 },
	{ "within pfnmap", &mem_pfnmap, 0, 0 },
	{ "within copied pfnmap", &mem_pfnmap_cow, 0, 3 },
	{ "within faulted pfnmap", &mem_pfnmap_fault, SMALL, 2 },
	{ "within thp", &mem_thp, 0, 1 },
	{ "within thp, the first small", &mem_thp, SMALL, 1 },
	{ "within thp in part", &mem_thp, 0, 3 },
};

/* Memory behind a top-level entry that has nothing else, so without tables. */
static const struct side tableless_wholes[] = {
	{ "within tableless hugetlb", &mem_hugetlb, 0, 0 },
	{ "within tableless anon", &mem_anon, 0, 0 },
};

/* Memory that may be last in an address space. */
static const struct side last_sides[] = {
	{ "anon", &mem_anon, 0, 1 },
	{ "absent anon", &mem_anon, 0, 0 },
	{ "pfnmap", &mem_pfnmap, 0, 0 },
	{ "hugetlb", &mem_hugetlb, 0, 1 },
	{ "absent hugetlb", &mem_hugetlb, 0, 0 },
	{ "poisoned anon", &mem_poisoned, 0, 2 },
};

const size_t nr_last_joints = ARRAY_SIZE(last_sides);

static bool has_joint(const struct joints *joints, const char *name)
{
	size_t i;

	for (i = 0; i < joints->nr; i++)
		if (!strcmp(joints->joints[i].name, name))
			return true;
	return false;
}

static void __attribute__((format(printf, 3, 4)))
add_joint(struct joints *joints, uint64_t page, const char *format, ...)
{
	struct joint *joint;
	va_list args;

	joints->joints = xrealloc(joints->joints, joints->nr + 1,
				  sizeof(*joints->joints));
	joint = joints->joints + joints->nr;
	joint->page = page;
	va_start(args, format);
	vsnprintf(joint->name, sizeof(joint->name), format, args);
	va_end(args);
	joint->first = !has_joint(joints, joint->name);
	joints->nr++;
}

static bool is_huge(const struct side *side)
{
	return memory_is(side->memory, BACKING_HUGETLB) ||
	       side->memory == &mem_thp;
}

static uint64_t side_pages(const struct side *side)
{
	return is_huge(side) ? HUGE_PAGES : SMALL;
}

/* Of a huge page, those that are not populated were, and are given back. */
static void put_memory(struct layout *layout, const struct side *side,
		       uint64_t pages)
{
	struct region *region;
	uint64_t i;

	layout_region(layout, side->memory, pages, side->first, side->step);
	region = layout->regions + layout->nr_regions - 1;
	for (i = 1; side->memory == &mem_thp && i < side->step; i++)
		region_drop(region, i, pages, side->step);
}

static void put_side(struct layout *layout, const struct side *side)
{
	uint64_t pages = side_pages(side);

	if (!side->memory)
		layout_hole(layout, pages);
	else
		put_memory(layout, side, pages);
}

/* Put a pair with its joint at @page, and room before and behind it. */
static void put_pair(struct joints *joints, const struct side *left,
		     const struct side *right, uint64_t page)
{
	struct layout *layout = &joints->layout;

	layout_hole(layout, page - side_pages(left) - layout->pages);
	put_side(layout, left);
	add_joint(joints, page, "%s|%s", left->name, right->name);
	put_side(layout, right);
}

/* Return the first table boundary with room for a pair and two more tables. */
static uint64_t next_boundary(const struct layout *layout)
{
	return (layout->pages / TABLE_PAGES + 3) * TABLE_PAGES;
}

static void put_positions(struct joints *joints, const struct side *left,
			  const struct side *right)
{
	static const int positions[] = { 100, -1, 0, 1 };
	bool huge = is_huge(left) || is_huge(right);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(positions); i++)
		if (!huge || !positions[i])
			put_pair(joints, left, right,
				 next_boundary(&joints->layout) + positions[i]);
}

/* Anonymous neighbours would be one VMA. */
static bool possible(const struct side *left, const struct side *right)
{
	return left->memory != right->memory ||
	       (left->memory && !memory_is(left->memory, BACKING_ANON));
}

static bool has_memory(const struct joints *joints, const struct side *side)
{
	if (side->memory == &mem_thp)
		return joints->thp;
	return !joints->plain || !memory_is_of_probe(side->memory);
}

static void put_pairs(struct joints *joints)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(sides); i++)
		for (j = 0; j < ARRAY_SIZE(sides); j++)
			if (has_memory(joints, sides + i) &&
			    has_memory(joints, sides + j) &&
			    possible(sides + i, sides + j))
				put_positions(joints, sides + i, sides + j);
}

/* Add a VMA with the boundary @page in its middle. */
static void put_whole(struct joints *joints, const struct side *side,
		      uint64_t page)
{
	struct layout *layout = &joints->layout;
	uint64_t pages = side_pages(side);

	layout_hole(layout, page - pages - layout->pages);
	put_memory(layout, side, 2 * pages);
	add_joint(joints, page, "%s", side->name);
}

/* Return the next boundary of two top-level entries that are both free. */
static uint64_t next_top(const struct layout *layout)
{
	return (layout->pages / TOP_PAGES + 2) * TOP_PAGES;
}

/*
 * Absent hugetlb memory behind a top-level entry that has nothing else has no
 * page table at all, not even one with its empty entry.
 */
static void put_tableless(struct joints *joints, const struct side *left,
			  const struct side *right)
{
	static const struct side tableless = {
		"tableless hugetlb", &mem_hugetlb, 0, 0
	};

	put_pair(joints, left, &tableless, next_top(&joints->layout));
	add_joint(joints, joints->layout.pages, "%s|%s", tableless.name,
		  right->name);
	put_side(&joints->layout, right);
}

static void put_wholes(struct joints *joints)
{
	static const struct side tops = { "within anon of two tops", &mem_anon,
					  0, 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wholes); i++)
		if (has_memory(joints, wholes + i))
			put_whole(joints, wholes + i,
				  next_boundary(&joints->layout));
	for (i = 0; i < ARRAY_SIZE(tableless_wholes); i++)
		put_whole(joints, tableless_wholes + i,
			  next_top(&joints->layout) + 2 * TABLE_PAGES);
	put_whole(joints, &tops, next_top(&joints->layout));
}

static const char *taken;

void joints_take(const char *name)
{
	taken = name;
}

const char *joints_taken(void)
{
	return taken;
}

static const char *side_name(const struct layout *layout, uint64_t page)
{
	struct truth truth = layout_at(layout, page);

	return truth.memory ? truth.memory->name : "hole";
}

/* Add the joint at @page, unless there are enough of its kind. */
static void take_joint(struct joints *joints, uint64_t page)
{
	const struct layout *layout = &joints->layout;
	struct truth left = layout_at(layout, page - 1);
	struct truth right = layout_at(layout, page);
	char name[sizeof(joints->joints->name)];
	size_t i, known = 0;

	snprintf(name, sizeof(name), "%s%s|%s%s",
		 left.memory && !left.present ? "absent " : "",
		 side_name(layout, page - 1),
		 right.memory && !right.present ? "absent " : "",
		 side_name(layout, page));
	for (i = 0; i < joints->nr; i++)
		known += !strcmp(joints->joints[i].name, name);
	if (known < ENOUGH && (!joints->nr || joints->joints[joints->nr - 1].page != page))
		add_joint(joints, page, "%s", name);
}

/* Put a hole around the layout, for walks begin before its first joint. */
static void frame(struct layout *layout)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++)
		layout->regions[i].start += TABLE_PAGES;
	layout->base -= TABLE_PAGES * PAGE_SIZE;
	layout->pages += 2 * TABLE_PAGES;
}

static void take_joints(struct joints *joints, int probe)
{
	struct layout *layout = &joints->layout;
	size_t i;

	*joints = (struct joints){ .plain = probe == NO_PROBE };
	layout_named(layout, taken);
	frame(layout);
	for (i = 0; i < layout->nr_regions; i++) {
		take_joint(joints, layout->regions[i].start);
		take_joint(joints, layout->regions[i].start +
			   layout->regions[i].pages);
	}
}

void joints_describe(struct joints *joints, int probe)
{
	if (taken) {
		take_joints(joints, probe);
		return;
	}
	*joints = (struct joints){
		.layout = { .name = "joints", .base = LAYOUT_BASE },
		.plain = probe == NO_PROBE,
		.thp = thp_is_there(),
	};
	put_pairs(joints);
	put_wholes(joints);
	put_tableless(joints, sides + ANON, sides + HOLE);
	put_tableless(joints, sides + (joints->plain ? ANON : PFNMAP),
		      sides + ABSENT_ANON);
	put_tableless(joints, sides + HOLE, sides + ABSENT_HUGETLB);
	layout_hole(&joints->layout, SMALL);
}

void joints_describe_last(struct joints *joints, size_t i, uint64_t end)
{
	static const struct side nothing = { "end", NULL, 0, 0 };
	const struct side *side = last_sides + i;
	struct layout *layout = &joints->layout;
	uint64_t pages = LAST_TABLES * TABLE_PAGES;

	*joints = (struct joints){
		.layout = { .name = "last", .base = end - pages * PAGE_SIZE },
	};
	/* With this the top-level entry is not empty. */
	put_side(layout, sides + ANON);
	put_pair(joints, side, &nothing, side->memory == &mem_hugetlb ?
		 pages - TABLE_PAGES : pages - SMALL);
	layout_hole(layout, pages - layout->pages);
}

void joints_free(struct joints *joints)
{
	layout_free(&joints->layout);
	free(joints->joints);
	*joints = (struct joints){ 0 };
}
