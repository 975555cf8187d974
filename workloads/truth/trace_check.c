// SPDX-License-Identifier: GPL-2.0
/* Check what is true of any call in a trace, and of what the walk returned. */
#include <errno.h>
#include <inttypes.h>

#include "kernel/util.h"
#include "truth/outcome.h"
#include "truth/trace_check.h"
#include "truth/trace_pages.h"

static void check_confined(const struct trace *trace)
{
	uint64_t start = layout_address(trace->layout, trace->from);
	uint64_t end = layout_address(trace->layout, trace->to);
	size_t i;

	for (i = 0; i < trace->nr; i++) {
		const struct pagewalk_probe_event *event = trace->events + i;

		expect(trace, W1, event->start >= start && event->end <= end &&
		       event->start < event->end, "%s", event_text(event));
	}
}

static void check_ordered(const struct trace *trace)
{
	uint64_t last[PAGEWALK_PROBE_TEST_WALK + 1] = { 0 };
	const struct pagewalk_probe_event *pmd = NULL;
	size_t i;

	for (i = 0; i < trace->nr; i++) {
		const struct pagewalk_probe_event *event = trace->events + i;

		expect(trace, W2, event->start >= last[event->callback],
		       "%s after one that ended at 0x%" PRIx64,
		       event_text(event), last[event->callback]);
		last[event->callback] = event->end;
		if (event->callback == PAGEWALK_PROBE_PMD_ENTRY)
			pmd = event;
		if (event->callback != PAGEWALK_PROBE_PTE_ENTRY ||
		    !(trace_callbacks(trace) & CALLBACK_BIT(PMD_ENTRY)))
			continue;
		expect(trace, W2, pmd && pmd->start <= event->start &&
		       event->end <= pmd->end, "%s, but no pmd_entry before it",
		       event_text(event));
	}
}

static bool all_outside_vmas(const struct trace *trace,
			     const struct pagewalk_probe_event *event)
{
	uint64_t page = page_of(trace, event->start);

	for (; page < page_of(trace, event->end); page++)
		if (layout_at(trace->layout, page).region)
			return false;
	return true;
}

/* Check that walk->vma is the VMA at the start of the event. */
static bool vma_is_right(const struct trace *trace,
			 const struct pagewalk_probe_event *event)
{
	struct truth truth = layout_at(trace->layout,
				       page_of(trace, event->start));
	uint64_t start, end;

	if (!truth.region)
		return false;
	start = layout_address(trace->layout, truth.region->start);
	end = start + truth.region->pages * PAGE_SIZE;
	return event->vma_start == start && event->vma_end == end &&
	       event->start >= start && event->end <= end;
}

static void check_vma_known(const struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nr; i++) {
		const struct pagewalk_probe_event *event = trace->events + i;
		bool ok;

		if (event->vma_start)
			ok = vma_is_right(trace, event);
		else
			ok = !is_test(event) && !is_entry(event) &&
			     all_outside_vmas(trace, event);
		expect(trace, W7, ok, "%s has walk->vma 0x%" PRIx64 "-0x%" PRIx64,
		       event_text(event), (uint64_t)event->vma_start,
		       (uint64_t)event->vma_end);
	}
}

/* Return the next VMA in the range without a call of test_walk(), or NULL. */
static const struct region *next_region(const struct trace *trace, size_t *next)
{
	for (; *next < trace->layout->nr_regions; (*next)++) {
		const struct region *region = trace->layout->regions + *next;

		if (region->start >= trace->to)
			return NULL;
		if (region->start + region->pages > trace->from)
			return trace->layout->regions + (*next)++;
	}
	return NULL;
}

static void check_question(const struct trace *trace,
			   const struct pagewalk_probe_event *event,
			   const struct region *region)
{
	uint64_t from, to;

	expect(trace, W8, region, "%s, but all VMAs have been asked for",
	       event_text(event));
	if (!region)
		return;
	from = region->start > trace->from ? region->start : trace->from;
	to = min_u64(region->start + region->pages, trace->to);
	expect(trace, W8, page_of(trace, event->start) == from &&
	       page_of(trace, event->end) == to,
	       "%s, expected 0x%" PRIx64 "-0x%" PRIx64, event_text(event),
	       layout_address(trace->layout, from),
	       layout_address(trace->layout, to));
}

/* After an answer below zero nothing more happens. */
static bool check_refusal(const struct trace *trace, size_t i)
{
	const struct pagewalk_probe_event *event = trace->events + i;

	if (!is_test(event) || event->ret >= 0)
		return false;
	expect(trace, W8, i + 1 == trace->nr && trace->result == event->ret,
	       "test_walk said %d, then came %zu calls and the walk returned %" PRId64,
	       event->ret, trace->nr - i - 1, trace->result);
	return true;
}

/* A caller that walks one VMA has decided on it. */
static void check_not_asked(const struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nr; i++)
		expect(trace, W8, !is_test(trace->events + i),
		       "%s, in a walk of one VMA",
		       event_text(trace->events + i));
}

static void check_asked_once(const struct trace *trace)
{
	const struct region *asked = NULL;
	size_t i, next = 0;

	for (i = 0; i < trace->nr; i++) {
		const struct pagewalk_probe_event *event = trace->events + i;
		struct truth truth = layout_at(trace->layout,
					       page_of(trace, event->start));

		if (is_test(event)) {
			asked = next_region(trace, &next);
			check_question(trace, event, asked);
			if (check_refusal(trace, i))
				return;
		} else if (truth.region) {
			expect(trace, W8, truth.region == asked &&
			       !is_skipped(trace, &truth),
			       "%s in a VMA that %s", event_text(event),
			       truth.region == asked ? "is to be skipped" :
			       "was not asked for");
		}
	}
	if (trace->stop_code)
		return;
	expect(trace, W8, !next_region(trace, &next),
	       "test_walk is not called for the last VMA");
	expect(trace, W8, !trace->result,
	       "test_walk skips, and the walk returned %" PRId64, trace->result);
}

static void check_asked(const struct trace *trace)
{
	if (has_policy(trace))
		check_asked_once(trace);
	else if (trace->policy != PAGEWALK_PROBE_TEST_NONE)
		check_not_asked(trace);
}

/* A positive pte_hole() for a whole PFNMAP VMA ended the walk. */
static bool ended_over_pfnmap(const struct trace *trace)
{
	const struct pagewalk_probe_event *event = trace->events;
	size_t i;

	if (trace->vma || trace->policy != PAGEWALK_PROBE_TEST_NONE)
		return false;
	for (i = 0; i < trace->nr; i++, event++) {
		struct truth truth = layout_at(trace->layout,
					       page_of(trace, event->start));

		if (event->ret > 0)
			return event->callback == PAGEWALK_PROBE_PTE_HOLE &&
			       memory_is_pfnmap(truth.memory);
	}
	return false;
}

/* W8 checks that test_walk() ends a walk. */
static bool was_refused(const struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nr; i++)
		if (is_test(trace->events + i) && trace->events[i].ret < 0)
			return true;
	return false;
}

static void check_verbatim(struct trace *trace)
{
	size_t calls = trace_calls(trace);
	int64_t expected = 0;

	if (was_refused(trace))
		return;
	trace->over_pfnmap = ended_over_pfnmap(trace);
	if (trace->stop_code && calls > trace->stop_at)
		expected = trace->stop_code;
	expect(trace, W9, trace->result == expected,
	       "returned %" PRId64 ", expected %" PRId64, trace->result,
	       expected);
	if (trace->stop_code)
		expect(trace, W9, calls <= trace->stop_at + 1,
		       "went on for %" PRIu64 " calls",
		       calls - trace->stop_at - 1);
	trace->over_pfnmap = false;
}

/* Count the huge pages that the walk splits, and note the @first. */
static uint64_t count_splits(const struct trace *trace, uint64_t *first)
{
	uint64_t page = trace->from, n = 0;

	for (; (page = layout_next_thp(trace->layout, page, trace->to)) <
	     trace->to; page += HUGE_PAGES) {
		struct truth truth = layout_at(trace->layout, page);

		if (is_split(trace, &truth) && !n++)
			*first = layout_address(trace->layout, page);
	}
	return n;
}

/* A huge page that is split has a table, and PTEs that map the same pages. */
static void check_split(const struct trace *trace, uint64_t splits,
			uint64_t first)
{
	const struct pagewalk_probe_change *change = trace->changes;

	expect(trace, W11, trace->nr_changes == splits * (1 + TABLE_PAGES),
	       "%" PRIu64 " page-table entries changed, expected %" PRIu64 " of %" PRIu64 " huge pages that are split",
	       trace->nr_changes, splits * (1 + TABLE_PAGES), splits);
	expect(trace, W11, trace->nr_changes && change->address == first &&
	       change->level == PAGEWALK_PROBE_LEVEL_PMD && change->after,
	       "the first entry that changed is of level %" PRIu64 " at 0x%" PRIx64 ", expected the PMD of the huge page at 0x%" PRIx64,
	       (uint64_t)change->level, (uint64_t)change->address, first);
}

static void check_harmless(const struct trace *trace)
{
	const struct pagewalk_probe_change *change = trace->changes;
	uint64_t first = 0, splits = count_splits(trace, &first);

	if (splits) {
		check_split(trace, splits, first);
		return;
	}
	expect(trace, W11, !trace->nr_changes,
	       "%" PRIu64 " page-table entries changed, the first, of level %" PRIu64 " at 0x%" PRIx64 ", from 0x%" PRIx64 " to 0x%" PRIx64,
	       trace->nr_changes, (uint64_t)change->level,
	       (uint64_t)change->address, (uint64_t)change->before,
	       (uint64_t)change->after);
}

static void check_refused(const struct trace *trace)
{
	expect(trace, W10, trace->result == -EINVAL && !trace->nr,
	       "returned %" PRId64 " after %zu calls, expected -EINVAL",
	       trace->result, trace->nr);
}

/* Is the range empty or reversed, or does it leave the VMA to walk? */
static bool is_to_be_refused(const struct trace *trace)
{
	const struct region *vma = trace->vma;

	return trace->from >= trace->to ||
	       (vma && (trace->from < vma->start ||
			trace->to > vma->start + vma->pages));
}

void check_trace(struct trace *trace)
{
	if (is_to_be_refused(trace)) {
		check_refused(trace);
		return;
	}
	check_confined(trace);
	if (trace->compared)
		check_harmless(trace);
	check_ordered(trace);
	check_vma_known(trace);
	expect(trace, W3, !trace->overflowed, "more than %d calls", MAX_EVENTS);
	if (trace->overflowed)
		return;
	check_trace_pages(trace);
	check_asked(trace);
	check_verbatim(trace);
}
