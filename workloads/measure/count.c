// SPDX-License-Identifier: GPL-2.0
#include "kernel/probe.h"
#include "kernel/util.h"
#include "measure/count.h"
#include "out/records.h"

/* At most a few thousand instructions are retired at least once. */
#define MAX_INSNS	65536

static void count_and_record(const struct subject *subject,
			     const struct walk *walk,
			     struct pagewalk_probe_insn *insns, size_t max)
{
	struct walk_run run = subject_walk(subject, walk);
	struct pagewalk_probe_count arg = walk_to_count(&run);
	const struct layout *layout = subject->layout;

	arg.insns = (uintptr_t)insns;
	arg.max_insns = max;
	probe_count(subject->probe, &arg);
	if (max && arg.nr_insns > max)
		die("layout %s, walk %s: more than %zu different instructions",
		    layout->name, walk->name, max);
	arg.nr_insns = max ? arg.nr_insns : 0;
	record_count(layout->name, walk->name, run.pages, layout->nr_regions,
		     &arg);
	subject_walk_end(subject, &run);
}

void count_walk(const struct subject *subject, const struct walk *walk)
{
	size_t size = MAX_INSNS * sizeof(struct pagewalk_probe_insn);
	struct pagewalk_probe_insn *insns = map_populated(size);

	count_and_record(subject, walk, insns, MAX_INSNS);
	unmap_populated(insns, size);
}

void count_total(const struct subject *subject, const struct walk *walk)
{
	count_and_record(subject, walk, NULL, 0);
}
