// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/records.h"
#include "readers/readers.h"
#include "space/builtin.h"
#include "space/joints.h"
#include "space/kinds.h"

/* What reads a few hundred times at a time need not be repeated. */
const struct reader readers[] = {
	{ "maps", read_maps, 16, false },
	{ "smaps", read_smaps, 16, false },
	{ "smaps_rollup", read_smaps_rollup, 16, false },
	{ "numa_maps", read_numa_maps, 16, false },
	{ "pagemap", read_pagemap, 1, false },
	{ "PAGEMAP_SCAN", read_scan, 1, false },
	{ "clear_refs", read_clear_refs, 1, true },
	{ "mincore", read_mincore, 1, true },
};

const size_t nr_readers = ARRAY_SIZE(readers);

static void run_readers(struct reading *reading, bool has_processes)
{
	size_t i;

	for (i = 0; i < nr_readers; i++) {
		if (readers[i].has_processes != has_processes)
			continue;
		reading->reader = readers[i].name;
		readers[i].read(reading);
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
	run_readers(&reading, false);
	subject_stop(&subject);
	if (is_small)
		run_readers(&reading, true);
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
