// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>

#include "fuzz/asked.h"
#include "fuzz/replay.h"
#include "kernel/meminfo.h"
#include "kernel/scan.h"
#include "kernel/util.h"
#include "out/records.h"
#include "space/own.h"
#include "truth/outcome.h"
#include "truth/trace_queue.h"

/* One case after the other, on one kernel. */
struct replay {
	const struct try_case *of;
	struct subject subject;
	struct trace_queue queue;
	size_t queued[QUEUED_MAX];	/* which ask each walk in the queue is */
	bool has_test_walk, has_scan;
	struct text *answer;	/* of an ask, or NULL: nobody wants to know */
	uint64_t skipped;
};

static void found(const struct replay *replay, size_t ask, const char *rule,
		  const char *how, const struct check *check)
{
	char text[CHECK_TEXT];

	if (!check_ok(check))
		record_found(replay->of->name, ask, rule, how,
			     check_text(check, "", text));
}

static void answered(const struct replay *replay, size_t ask)
{
	if (!replay->answer)
		return;
	record_answered(replay->of->name, ask, text_string(replay->answer));
	text_clear(replay->answer);
}

static void walk_checked(const struct trace *trace, void *arg)
{
	const struct replay *replay = arg;
	size_t ask = replay->queued[trace - replay->queue.traces], i;
	int rule;

	if (replay->answer)
		say_trace(replay->answer, trace);
	answered(replay, ask);
	if (!outcomes_wrong())
		return;
	for (rule = 0; rule < NR_WALK_RULES; rule++)
		for (i = 0; i < nr_outcomes(); i++)
			found(replay, ask, walk_rule_name(rule),
			      outcome_name(i), outcome_of(rule, i));
	outcomes_forget();
}

static bool can_walk(const struct replay *replay, const struct ask *ask)
{
	return replay->subject.probe != NO_PROBE &&
	       (!ask->test_walk || replay->has_test_walk);
}

static void try_walk(struct replay *replay, size_t i)
{
	const struct ask *ask = replay->of->asks + i;
	struct trace trace;

	if (!can_walk(replay, ask)) {
		replay->skipped++;
		return;
	}
	trace = asked_trace(replay->of, ask);
	if (replay->queue.nr == QUEUED_MAX)
		trace_queue_take(&replay->queue);
	replay->queued[replay->queue.nr] = i;
	trace_queue_add(&replay->queue, &trace);
}

static void try_file(struct replay *replay, size_t i)
{
	const struct subject *subject = &replay->subject;
	const struct ask *ask = replay->of->asks + i;
	struct check check = { 0 };

	switch (ask->kind) {
	case ASK_PAGEMAP:
		check_asked_pagemap(&check, subject, ask, replay->answer);
		found(replay, i, "U1", "", &check);
		break;
	case ASK_SCAN:
		if (!replay->has_scan) {
			replay->skipped++;
			return;
		}
		check_asked_scan(&check, subject, ask, replay->answer);
		found(replay, i, "U5", "", &check);
		break;
	case ASK_SMAPS:
		check_asked_smaps(&check, subject, replay->answer);
		found(replay, i, "U2", "", &check);
		break;
	default:
		return;
	}
	answered(replay, i);
}

static void try_subject(struct replay *replay)
{
	const struct try_case *of = replay->of;
	size_t i;

	subject_start(&replay->subject, &of->layout, replay->subject.probe);
	replay->queue.pid = replay->subject.pid;
	for (i = 0; i < of->nr_asks; i++)
		if (of->asks[i].kind != ASK_WALK)
			try_file(replay, i);
	/* After the files, since a walk may destroy what they would read. */
	for (i = 0; i < of->nr_asks; i++)
		if (of->asks[i].kind == ASK_WALK)
			try_walk(replay, i);
	trace_queue_take(&replay->queue);
	subject_stop(&replay->subject);
}

static bool asks_for(const struct try_case *of, enum ask_kind kind)
{
	size_t i;

	for (i = 0; i < of->nr_asks; i++)
		if (of->asks[i].kind == kind)
			return true;
	return false;
}

/* mincore() looks at the caller's own memory. */
static void try_own(struct replay *replay)
{
	const struct try_case *of = replay->of;
	const struct layout *layout = &of->layout;
	size_t i;

	own_map(layout, replay->subject.probe);
	for (i = 0; i < of->nr_asks; i++) {
		struct check check = { 0 };

		if (of->asks[i].kind != ASK_MINCORE)
			continue;
		check_asked_mincore(&check, layout, of->asks + i,
				    replay->answer);
		found(replay, i, "U4", "", &check);
		answered(replay, i);
	}
	own_unmap(layout);
}

static uint64_t huge_pages(void)
{
	static const char * const names[] = { "HugePages_Total" };
	uint64_t value;

	meminfo_read(names, &value, 1);
	return value;
}

/* The pool of huge pages is as large as before when nobody uses it. */
static void check_pool(const struct replay *replay, uint64_t before)
{
	uint64_t now = huge_pages();
	struct check check = { .checked = 1 };

	if (now != before)
		check_fail(&check, "after the process exited, HugePages_Total is %lu, before it was %lu",
			   (unsigned long)now, (unsigned long)before);
	found(replay, replay->of->nr_asks, "U6", "", &check);
}

/* Have the layout begin with the first page that matters. */
static void begin_with_first(struct try_case *of)
{
	struct layout *layout = &of->layout;
	uint64_t first = UINT64_MAX;
	size_t i;

	for (i = 0; i < of->nr_asks; i++)
		if (of->asks[i].kind != ASK_SMAPS)
			first = min_u64(first, min_u64(of->asks[i].from,
						       of->asks[i].to));
	if (layout->nr_regions)
		first = min_u64(first, layout->regions->start);
	layout->base = first * PAGE_SIZE;
	layout->pages -= first;
	for (i = 0; i < layout->nr_regions; i++)
		layout->regions[i].start -= first;
	for (i = 0; i < of->nr_asks; i++) {
		of->asks[i].from -= first;
		of->asks[i].to -= first;
		of->asks[i].vma -= first;
	}
}

static void try_case(struct replay *replay, struct try_case *of)
{
	uint64_t before = huge_pages();

	begin_with_first(of);
	replay->of = of;
	replay->skipped = 0;
	record_trying(of->name);
	records_flush();	/* the kernel may not come back */
	try_subject(replay);
	if (asks_for(of, ASK_MINCORE))
		try_own(replay);
	check_pool(replay, before);
	record_tried(of->name, of->nr_asks, replay->skipped);
}

static bool kernel_has_scan(void)
{
	int fd = open_proc(getpid(), "pagemap");
	bool has = pagemap_has_scan(fd);

	close(fd);
	return has;
}

int replay_main(int argc, char **argv)
{
	static struct replay replay;
	struct text answer = { 0 };
	size_t i, nr;
	struct try_case *cases = cases_read(argv[1], &nr);

	if (argc > 2 && strcmp(argv[2], "answers"))
		refuse("'%s' is not 'answers'", argv[2]);
	if (argc > 2)
		replay.answer = &answer;
	records_required();
	replay.subject.probe = probe_find();
	replay.has_test_walk = probe_has_test_walk(replay.subject.probe);
	replay.has_scan = kernel_has_scan();
	trace_queue_begin(&replay.queue, replay.subject.probe);
	replay.queue.checked = walk_checked;
	replay.queue.arg = &replay;
	for (i = 0; i < nr; i++)
		try_case(&replay, cases + i);
	trace_queue_end(&replay.queue);
	cases_free(cases, nr);
	text_free(&answer);
	records_flush();
	return 0;
}
