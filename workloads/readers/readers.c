// SPDX-License-Identifier: GPL-2.0
#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/records.h"
#include "readers/readers.h"
#include "space/every.h"
#include "space/shipped.h"

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

#define VMAS_MAX	2000

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

	if (layout->nr_regions > VMAS_MAX) {
		reading_skip(&reading, "what is said of so many VMAs fits into no record");
		return;
	}
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

/* A layout of that many pages may be built several times. */
#define SMALL_PAGES	UINT64_C(65536)

/* Say of the readers that build a layout themselves that they do not. */
static void skip_processes(const struct layout *layout)
{
	struct reading reading = { .layout = layout };
	size_t i;

	for (i = 0; i < nr_readers; i++) {
		reading.reader = readers[i].name;
		if (readers[i].has_processes)
			reading_skip(&reading, "the layout is too large to be built again and again");
	}
}

static void read_named(const char *name, int probe)
{
	struct layout layout;
	bool is_small;

	layout_named(&layout, name);
	is_small = layout.pages <= SMALL_PAGES;
	read_layout(&layout, probe, is_small);
	if (!is_small)
		skip_processes(&layout);
	layout_free(&layout);
}

int readers_main(int argc, char **argv)
{
	int i, probe = probe_find();

	records_required();
	for (i = 1; i < argc; i++)
		if (!layout_is_known(argv[i]))
			refuse("no layout '%s'", argv[i]);
	layouts_each(probe, read_layout);
	for (i = 1; i < argc; i++)
		read_named(argv[i], probe);
	return 0;
}
