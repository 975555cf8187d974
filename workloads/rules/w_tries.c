// SPDX-License-Identifier: GPL-2.0
/*
 * Try walks over and around every joint of a layout, with many sets of
 * callbacks and every policy of test_walk(), each ended by each of its calls.
 * Try the same in single VMAs.
 */
#include "kernel/util.h"
#include "rules/w_tries.h"
#include "space/joints.h"
#include "space/subject.h"
#include "truth/trace_queue.h"

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

/* Walks over one layout. */
struct round {
	bool has_test_walk;
	size_t nr_sets;			/* of callbacks */
	const struct joints *joints;
	struct trace trace;		/* the next walk */
	struct trace_queue queue;
};

/* Try a walk, and have each of its calls in turn end one like it. */
static void try_and_stop_everywhere(struct round *round)
{
	struct trace *next = &round->trace;
	const struct trace *whole = trace_queue_add(&round->queue, next);
	size_t calls;

	trace_queue_take(&round->queue);
	calls = whole->overflowed ? 0 : trace_calls(whole);
	for (next->stop_at = 0; next->stop_at < calls; next->stop_at++) {
		next->stop_code = 7;
		trace_queue_add(&round->queue, next);
		next->stop_code = -7;
		trace_queue_add(&round->queue, next);
	}
	next->stop_at = 0;
	next->stop_code = 0;
}

/* No walk may split what could not be made anew for the next one. */
static bool spoils(const struct trace *trace)
{
	uint64_t page = trace->from;

	for (; (page = layout_next_thp(trace->layout, page, trace->to)) <
	     trace->to; page += HUGE_PAGES) {
		struct truth truth = layout_at(trace->layout, page);

		if (is_split(trace, &truth) && !thp_can_be_made(&truth))
			return true;
	}
	return false;
}

static void try_range(struct round *round, const struct joint *joint,
		      const struct reach *range)
{
	struct trace *trace = &round->trace;

	trace->joint = joint->name;
	trace->from = joint->page + range->from;
	trace->to = joint->page + range->to;
	if (spoils(trace))
		return;
	trace->compared = range->compared && !trace->vma && !trace->policy &&
			  joint->first;
	if (range->stopped && joint->first &&
	    trace->policy <= PAGEWALK_PROBE_TEST_WALK_ALL)
		try_and_stop_everywhere(round);
	else
		trace_queue_add(&round->queue, trace);
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
		for (trace->set = 0; trace->set < round->nr_sets; trace->set++)
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
		trace_queue_add(&round->queue, trace);
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
	return vma->pages / region_unit(vma) <= MAX_VMA_UNITS &&
	       vma->pages <= MAX_VMA_PAGES;
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
	for (trace->set = 0; trace->set < round->nr_sets; trace->set++)
		try_vmas(round);
	/* One set of callbacks shows that test_walk() is not called. */
	trace->policy = PAGEWALK_PROBE_TEST_SKIP_ALL;
	trace->set = 0;
	if (round->has_test_walk)
		try_vmas(round);
}

static void try_layout(const struct joints *joints, int probe)
{
	struct round round = {
		.has_test_walk = probe_has_test_walk(probe),
		.nr_sets = nr_callback_sets_for(&joints->layout),
		.joints = joints,
		.trace = { .layout = &joints->layout },
	};
	struct subject subject;
	size_t i;

	trace_queue_begin(&round.queue, probe);
	subject_start(&subject, &joints->layout, probe);
	round.queue.pid = subject.pid;
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		try_range_everywhere(&round, ranges + i);
	try_vmas_with_all_sets(&round);
	trace_queue_take(&round.queue);
	subject_stop(&subject);
	trace_queue_end(&round.queue);
}

void try_walks(int probe)
{
	uint64_t end = address_space_end();
	struct joints joints;
	size_t i;

	joints_describe(&joints, probe);
	try_layout(&joints, probe);
	joints_free(&joints);
	for (i = 0; !joints_taken() && i < nr_last_joints; i++) {
		joints_describe_last(&joints, i, end);
		try_layout(&joints, probe);
		joints_free(&joints);
	}
}
