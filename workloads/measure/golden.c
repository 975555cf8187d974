// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "measure/golden.h"
#include "out/records.h"
#include "space/cases.h"
#include "space/subject.h"

/* Longer traces than this are cut off, and recorded as such. */
#define MAX_EVENTS	32768U
#define MAX_CHANGES	64U

struct replay {
	int probe;
	struct pagewalk_probe_event *events;
	struct pagewalk_probe_change changes[MAX_CHANGES];
};

static const char *event_name(const struct pagewalk_probe_event *event)
{
	if (event->callback == PAGEWALK_PROBE_HUGETLB_ENTRY && !event->present)
		return "hugetlb_entry_none";
	return callback_names[event->callback];
}

/* Return the index of the event's VMA; -1 if not of the case, -2 for NULL. */
static int event_vma(const struct layout *layout,
		     const struct pagewalk_probe_event *event)
{
	size_t i;

	if (!event->vma_end)
		return -2;
	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (region->start * PAGE_SIZE == event->vma_start &&
		    (region->start + region->pages) * PAGE_SIZE ==
		    event->vma_end)
			return i;
	}
	return -1;
}

/* Return the entries that the walk destroyed. */
static uint64_t cleared(const struct replay *replay, uint64_t nr_changes)
{
	uint64_t i, n = 0;

	for (i = 0; i < min_u64(nr_changes, MAX_CHANGES); i++)
		n += !replay->changes[i].after;
	return n;
}

static void record_trace(const struct try_case *golden,
			 const struct replay *replay,
			 const struct pagewalk_probe_trace *trace)
{
	uint64_t i;

	for (i = 0; i < trace->nr_events; i++) {
		const struct pagewalk_probe_event *event = replay->events + i;

		record_golden_call(golden->name, event_name(event),
				   event->start / PAGE_SIZE,
				   event->end / PAGE_SIZE,
				   event_vma(&golden->layout, event));
	}
	record_golden_end(golden->name, trace->result,
			  cleared(replay, trace->nr_changes),
			  trace->nr_changes, trace->overflowed);
}

static void replay_case(const struct try_case *golden,
			struct replay *replay)
{
	const struct ask *walk = golden->asks;
	struct pagewalk_probe_trace trace = {
		.start = walk->from * PAGE_SIZE,
		.end = walk->to * PAGE_SIZE,
		.callbacks = walk->callbacks,
		.test_walk = walk->test_walk,
		.stop_at = walk->stop_at,
		.stop_code = walk->stop_code,
		.max_events = MAX_EVENTS,
		.max_changes = MAX_CHANGES,
		.events = (uintptr_t)replay->events,
		.changes = (uintptr_t)replay->changes,
	};
	struct subject subject;

	subject_start(&subject, &golden->layout, replay->probe);
	trace.pid = subject.pid;
	probe_traces(replay->probe, &trace, 1);
	subject_stop(&subject);
	record_trace(golden, replay, &trace);
}

static struct try_case *walks_read(const char *path, size_t *nr)
{
	struct try_case *cases = cases_read(path, nr);
	size_t i;

	for (i = 0; i < *nr; i++)
		if (cases[i].nr_asks != 1 || cases[i].asks->kind != ASK_WALK)
			refuse("%s: case %s: there is one walk in each case",
			       path, cases[i].name);
	return cases;
}

int golden_main(int argc, char **argv)
{
	size_t i, nr, size = MAX_EVENTS * sizeof(struct pagewalk_probe_event);
	struct try_case *cases = walks_read(argv[1], &nr);
	struct replay replay = {
		.probe = probe_open(),
		.events = map_populated(size),
	};

	(void)argc;
	for (i = 0; i < nr; i++)
		replay_case(cases + i, &replay);
	cases_free(cases, nr);
	unmap_populated(replay.events, size);
	close(replay.probe);
	records_flush();
	return 0;
}
