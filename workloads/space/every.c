// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "kernel/util.h"
#include "space/every.h"
#include "space/joints.h"
#include "space/kinds.h"
#include "space/shipped.h"
#include "space/subject.h"

static void each_standard(int probe, layout_use *use)
{
	struct layout layout;
	size_t i;

	for (i = 0; i < nr_standard; i++) {
		layout_named(&layout, shipped_name(i));
		use(&layout, probe, false);
		layout_free(&layout);
	}
}

static void the_joints(int probe, layout_use *use)
{
	struct joints joints;

	joints_describe(&joints, probe);
	use(&joints.layout, probe, true);
	joints_free(&joints);
}

static void each_last_joint(int probe, layout_use *use)
{
	uint64_t end = address_space_end();
	struct joints joints;
	char name[40];
	size_t i;

	for (i = 0; i < nr_last_joints; i++) {
		joints_describe_last(&joints, i, end);
		snprintf(name, sizeof(name), "last %zu", i + 1);
		joints.layout.name = name;
		use(&joints.layout, probe, false);
		joints_free(&joints);
	}
}

static void the_kinds(int probe, layout_use *use)
{
	struct kinds kinds;

	kinds_describe(&kinds);
	use(&kinds.layout, probe, true);
	kinds_free(&kinds);
}

void layouts_each(int probe, layout_use *use)
{
	the_kinds(probe, use);
	the_joints(probe, use);
	each_last_joint(probe, use);
	each_standard(probe, use);
}
