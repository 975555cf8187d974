// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/probe.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "measure/count.h"
#include "measure/timing.h"
#include "out/records.h"

/* Instructions that are retired at least once: a few thousand at most. */
#define MAX_INSNS	65536

static void count_and_record(const struct layout *layout, int probe,
			     const char *walk, uint64_t pages,
			     struct pagewalk_probe_count *arg)
{
	size_t size = MAX_INSNS * sizeof(struct pagewalk_probe_insn);
	struct pagewalk_probe_insn *insns = map_populated(size);

	arg->insns = (uintptr_t)insns;
	arg->max_insns = MAX_INSNS;
	probe_count(probe, arg);
	if (arg->nr_insns > MAX_INSNS)
		die("layout %s, walk %s: more than %u different instructions",
		    layout->name, walk, MAX_INSNS);
	record_count(layout->name, walk, pages, layout->nr_regions,
		     arg);
	unmap_populated(insns, size);
}

static void count_probe(const struct layout *layout, int pid, int probe,
			const struct walk_kind *kind)
{
	struct pagewalk_probe_count arg = {
		.start = layout->base,
		.end = layout_end(layout),
		.pid = pid,
		.callbacks = kind->callbacks,
		.fd = -1,
	};

	count_and_record(layout, probe, kind->name, layout->pages, &arg);
}

static void count_read(const struct layout *layout, int pid, int probe,
		       const char *file, uint64_t pages, uint64_t offset,
		       size_t size)
{
	void *buf = map_populated(size);
	struct pagewalk_probe_count arg = {
		.pid = pid,
		.fd = open_proc(pid, file),
		.offset = offset,
		.buffer = (uintptr_t)buf,
		.size = size,
	};

	count_and_record(layout, probe, file, pages, &arg);
	close(arg.fd);
	unmap_populated(buf, size);
}

void count_walks(const struct layout *layout, int pid, int probe,
		 uint32_t walks)
{
	uint64_t window = min_u64(layout->pages, PAGEMAP_WINDOW);
	size_t i;

	for (i = 0; i < nr_walk_kinds; i++)
		if (walks & time_bit(walk_kinds[i].name))
			count_probe(layout, pid, probe, walk_kinds + i);
	if (walks & time_bit("smaps"))
		count_read(layout, pid, probe, "smaps", layout->pages, 0,
			   SMAPS_SIZE_MAX);
	if (walks & time_bit("pagemap"))
		count_read(layout, pid, probe, "pagemap", window,
			   pagemap_offset(layout->base),
			   window * sizeof(uint64_t));
}
