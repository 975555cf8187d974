// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stdio.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/records.h"
#include "readers/readers.h"
#include "readers/reading.h"
#include "space/builtin.h"
#include "space/joints.h"
#include "space/kinds.h"

struct reader {
	const char *name;	/* of a file, also its name */
	void (*read)(struct reading *reading);
};

/* These change nothing, so one process serves all. */
static const struct reader readers[] = {
	{ "maps", read_maps },
	{ "smaps", read_smaps },
	{ "smaps_rollup", read_smaps_rollup },
	{ "numa_maps", read_numa_maps },
	{ "pagemap", read_pagemap },
	{ "PAGEMAP_SCAN", read_scan },
};

/* These have processes of their own, so small layouts have to do. */
static const struct reader others[] = {
	{ "clear_refs", read_clear_refs },
	{ "mincore", read_mincore },
};

static void run_readers(const struct reader *some, size_t nr,
			struct reading *reading)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		reading->reader = some[i].name;
		some[i].read(reading);
	}
}

static void read_layout(const struct layout *layout, int probe, bool is_small)
{
	struct reading reading = {
		.reader = "layouts",
		.layout = layout,
		.probe = probe,
	};
	struct subject subject;

	if (probe == NO_PROBE && layout_is_of_probe(layout)) {
		reading_skip(&reading, "this kernel has no probe, which gives such memory");
		return;
	}
	subject_start_alone(&subject, layout, probe);
	reading.pid = subject.pid;
	run_readers(readers, ARRAY_SIZE(readers), &reading);
	subject_stop(&subject);
	if (is_small)
		run_readers(others, ARRAY_SIZE(others), &reading);
	text_free(&reading.said);
	records_flush();
}

static void read_builtins(int probe)
{
	struct layout layout;
	size_t i;

	for (i = 0; i < nr_builtins; i++) {
		builtin_describe(builtins + i, &layout);
		read_layout(&layout, probe, false);
		layout_free(&layout);
	}
}

static void read_joints(int probe)
{
	struct joints joints;

	joints_describe(&joints, probe);
	read_layout(&joints.layout, probe, true);
	joints_free(&joints);
}

static void read_last_joints(int probe)
{
	uint64_t end = address_space_end();
	struct joints joints;
	char name[40];
	size_t i;

	for (i = 0; i < nr_last_joints; i++) {
		joints_describe_last(&joints, i, end);
		snprintf(name, sizeof(name), "last %zu", i + 1);
		joints.layout.name = name;
		read_layout(&joints.layout, probe, false);
		joints_free(&joints);
	}
}

static void read_kinds(int probe)
{
	struct kinds kinds;

	kinds_describe(&kinds);
	read_layout(&kinds.layout, probe, true);
	kinds_free(&kinds);
}

int readers_main(int argc, char **argv)
{
	int probe = probe_find();

	(void)argc;
	(void)argv;
	records_required();
	read_kinds(probe);
	read_joints(probe);
	read_last_joints(probe);
	read_builtins(probe);
	return 0;
}
