// SPDX-License-Identifier: GPL-2.0
/*
 * Try walks over and around every joint of a layout, with many sets of
 * callbacks and every policy of test_walk(), each ended by each of its calls.
 * Try the same in single VMAs.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "kernel/util.h"
#include "rules/w_tries.h"
#include "space/joints.h"
#include "space/subject.h"
#include "truth/trace_check.h"

/*
 * Ranges around a joint in pages, the smallest first; then refused ranges. All
 * page tables are compared once, since that takes as long as many walks.
 */
static const struct reach {
	int from, to;
	bool stopped;	/* each call ends a walk of its own */
	bool compared;	/* compare page tables before and after */
} ranges[] = {
	{ .from = -1, .to = 0 }, { .from = 0, .to = 1 },
	{ .from = -1, .to = 1, .compared = true },
	{ .from = -8, .to = -1 }, { .from = 1, .to = 8 },
	{ .from = -8, .to = 0 }, { .from = 0, .to = 8 },
	{ .from = -8, .to = 1 }, { .from = -1, .to = 8 },
	{ .from = -8, .to = 8, .stopped = true },
	{ .from = -12, .to = 12 },
	{ .from = 0, .to = 0 }, { .from = 1, .to = -1 },
	{ .from = -1, .to = -1 },
};

/* Walks that are taken in one call, which costs more than most of them. */
#define QUEUED_MAX	64
#define EVENTS_SIZE	(QUEUED_MAX * MAX_EVENTS * \
			 sizeof(struct pagewalk_probe_event))

/* Walks over one layout. */
struct round {
	int probe;
	int pid;			/* the process that has the layout */
	bool has_test_walk;
	const struct joints *joints;
	struct trace trace;		/* the next walk */
	size_t nr_queued;
	struct trace queued[QUEUED_MAX];
	struct pagewalk_probe_event *events;	/* MAX_EVENTS for each of them */
};

static bool walker_has_test_walk(int probe)
{
	struct pagewalk_probe_trace trace = {
		.test_walk = PAGEWALK_PROBE_TEST_WALK_ALL,
	};

	return !ioctl(probe, PAGEWALK_PROBE_TRACE, &trace) ||
	       errno != EOPNOTSUPP;
}

static struct pagewalk_probe_trace walk_of(const struct round *round,
					   const struct trace *trace)
{
	struct pagewalk_probe_trace walk = {
		.start = layout_address(trace->layout, trace->from),
		.end = layout_address(trace->layout, trace->to),
		.pid = round->pid,
		.callbacks = trace_callbacks(trace),
		.entry_point = trace->entry_point,
		.test_walk = trace->policy,
		.stop_at = trace->stop_at,
		.stop_code = trace->stop_code,
		.max_events = MAX_EVENTS,
		.max_changes = trace->compared ? MAX_CHANGES : 0,
		.events = (uintptr_t)trace->events,
		.changes = (uintptr_t)trace->changes,
	};

	if (trace->vma)
		walk.vma = layout_address(trace->layout, trace->vma->start);
	return walk;
}

/* Take the walks that are queued, and check each. */
static void take_traces(struct round *round)
{
	struct pagewalk_probe_trace walks[QUEUED_MAX];
	size_t i;

	for (i = 0; i < round->nr_queued; i++)
		walks[i] = walk_of(round, round->queued + i);
	probe_traces(round->probe, walks, round->nr_queued);
	for (i = 0; i < round->nr_queued; i++) {
		struct trace *trace = round->queued + i;

		trace->result = walks[i].result;
		trace->nr = walks[i].nr_events;
		trace->overflowed = walks[i].overflowed;
		trace->nr_changes = walks[i].nr_changes;
		check_trace(trace);
	}
	round->nr_queued = 0;
}

/* It is taken when the queue is full, or before. */
static struct trace *queue_trace(struct round *round)
{
	struct trace *trace;

	if (round->nr_queued == QUEUED_MAX)
		take_traces(round);
	trace = round->queued + round->nr_queued;
	*trace = round->trace;
	trace->events = round->events + MAX_EVENTS * round->nr_queued++;
	return trace;
}

/* Try a walk, and have each of its calls in turn end one like it. */
static void try_and_stop_everywhere(struct round *round)
{
	const struct trace *whole = queue_trace(round);
	struct trace *next = &round->trace;
	size_t calls;

	take_traces(round);
	calls = whole->overflowed ? 0 : trace_calls(whole);
	for (next->stop_at = 0; next->stop_at < calls; next->stop_at++) {
		next->stop_code = 7;
		queue_trace(round);
		next->stop_code = -7;
		queue_trace(round);
	}
	next->stop_at = 0;
	next->stop_code = 0;
}

static void try_range(struct round *round, const struct joint *joint,
		      const struct reach *range)
{
	struct trace *trace = &round->trace;

	trace->joint = joint->name;
	trace->from = joint->page + range->from;
	trace->to = joint->page + range->to;
	trace->compared = range->compared && !trace->vma && !trace->policy &&
			  joint->first;
	if (range->stopped && joint->first &&
	    trace->policy <= PAGEWALK_PROBE_TEST_WALK_ALL)
		try_and_stop_everywhere(round);
	else
		queue_trace(round);
	trace->compared = false;
}

/* Where a joint lies in its tables does not matter for skips. */
static bool is_worth_trying(const struct trace *trace,
			    const struct joint *joint)
{
	return joint->first || trace->policy <= PAGEWALK_PROBE_TEST_WALK_ALL;
}

static void try_range_everywhere(struct round *round, const struct reach *range)
{
	struct trace *trace = &round->trace;
	size_t i, nr_policies = round->has_test_walk ?
				PAGEWALK_PROBE_NR_TESTS : 1;

	for (trace->policy = 0; trace->policy < nr_policies; trace->policy++)
		for (trace->set = 0; trace->set < nr_callback_sets; trace->set++)
			for (i = 0; i < round->joints->nr; i++) {
				const struct joint *joint =
					round->joints->joints + i;

				if (is_worth_trying(trace, joint))
					try_range(round, joint, range);
			}
}

/* Try walk_page_vma(). */
static void try_whole_vma(struct round *round, const struct joint *joint)
{
	struct trace *trace = &round->trace;

	trace->entry_point = PAGEWALK_PROBE_WALK_PAGE_VMA;
	trace->joint = joint->name;
	trace->from = trace->vma->start;
	trace->to = trace->vma->start + trace->vma->pages;
	if (trace->policy == PAGEWALK_PROBE_TEST_NONE)
		try_and_stop_everywhere(round);
	else
		queue_trace(round);
}

/* Try walk_page_range_vma() of the VMA at @page, if there is one. */
static void try_ranges_of_vma(struct round *round, const struct joint *joint,
			      uint64_t page)
{
	struct trace *trace = &round->trace;
	size_t i;

	trace->vma = layout_at(trace->layout, page).region;
	if (!trace->vma)
		return;
	trace->entry_point = PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA;
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		try_range(round, joint, ranges + i);
}

/* Each page may be a call, and there is room for so many. */
static bool has_few_pages(const struct region *vma)
{
	return vma->pages / region_unit(vma) <= MAX_EVENTS / 2;
}

/* Where a joint lies in its tables does not matter for walks of one VMA. */
static void try_vmas(struct round *round)
{
	size_t i;

	for (i = 0; i < round->joints->nr; i++) {
		const struct joint *joint = round->joints->joints + i;

		if (!joint->first)
			continue;
		try_ranges_of_vma(round, joint, joint->page - 1);
		try_ranges_of_vma(round, joint, joint->page);
		if (round->trace.vma && has_few_pages(round->trace.vma))
			try_whole_vma(round, joint);
	}
}

static void try_vmas_with_all_sets(struct round *round)
{
	struct trace *trace = &round->trace;

	trace->policy = PAGEWALK_PROBE_TEST_NONE;
	for (trace->set = 0; trace->set < nr_callback_sets; trace->set++)
		try_vmas(round);
	/* One set of callbacks shows that test_walk() is not called. */
	trace->policy = PAGEWALK_PROBE_TEST_SKIP_ALL;
	trace->set = 0;
	if (round->has_test_walk)
		try_vmas(round);
}

static void try_layout(const struct joints *joints, int probe,
		       struct pagewalk_probe_event *events)
{
	struct round round = {
		.probe = probe,
		.has_test_walk = walker_has_test_walk(probe),
		.joints = joints,
		.trace = { .layout = &joints->layout },
		.events = events,
	};
	struct subject subject;
	size_t i;

	subject_start(&subject, &joints->layout, probe);
	round.pid = subject.pid;
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		try_range_everywhere(&round, ranges + i);
	try_vmas_with_all_sets(&round);
	take_traces(&round);
	subject_stop(&subject);
}

void try_walks(int probe)
{
	struct pagewalk_probe_event *events = map_populated(EVENTS_SIZE);
	uint64_t end = address_space_end();
	struct joints joints;
	size_t i;

	joints_describe(&joints, probe);
	try_layout(&joints, probe, events);
	joints_free(&joints);
	for (i = 0; !joints_taken() && i < nr_last_joints; i++) {
		joints_describe_last(&joints, i, end);
		try_layout(&joints, probe, events);
		joints_free(&joints);
	}
	unmap_populated(events, EVENTS_SIZE);
}
