// SPDX-License-Identifier: GPL-2.0
/*
 * Check what a trace says of each page of its range: which callback reported
 * it, how often, and with which page-table entry.
 */
#include <inttypes.h>
#include <string.h>

#include "kernel/util.h"
#include "truth/describe.h"
#include "truth/outcome.h"
#include "truth/trace_pages.h"

/* A walk that test_walk() or a callback ended does not reach all pages. */
static bool is_whole(const struct trace *trace)
{
	return !trace->stop_code &&
	       (trace->vma || trace->policy != PAGEWALK_PROBE_TEST_FAIL_PFNMAP);
}

/* How often each callback reports each page. */
struct coverage {
	uint8_t pmd, pte, hole, hugetlb;
};

static uint8_t *covered_by(struct coverage *coverage, uint32_t callback)
{
	switch (callback) {
	case PAGEWALK_PROBE_PMD_ENTRY:
		return &coverage->pmd;
	case PAGEWALK_PROBE_PTE_ENTRY:
		return &coverage->pte;
	case PAGEWALK_PROBE_PTE_HOLE:
		return &coverage->hole;
	case PAGEWALK_PROBE_HUGETLB_ENTRY:
		return &coverage->hugetlb;
	default:
		return NULL;
	}
}

static void cover(const struct trace *trace, struct coverage *coverage)
{
	size_t i;

	memset(coverage, 0, (trace->to - trace->from) * sizeof(*coverage));
	for (i = 0; i < trace->nr; i++) {
		const struct pagewalk_probe_event *event = trace->events + i;
		uint64_t page = page_of(trace, event->start);
		uint64_t end = page_of(trace, event->end);

		if (is_test(event))
			continue;
		for (; page < end; page++)
			if (page >= trace->from && page < trace->to)
				(*covered_by(coverage + page - trace->from,
					     event->callback))++;
	}
}

/* Return the callback, of those that are set, for the entry of a page. */
static unsigned int entries_of(const struct trace *trace,
			       const struct coverage *c,
			       const struct truth *truth)
{
	if (memory_is(truth->memory, BACKING_HUGETLB))
		return c->hugetlb + c->pmd + c->pte;
	if (truth->thp == THP_WHOLE && !is_split(trace, truth))
		return c->pmd + c->pte;
	return trace_callbacks(trace) & CALLBACK_BIT(PTE_ENTRY) ? c->pte :
								  c->pmd;
}

static bool wants_every_page(const struct trace *trace,
			     const struct truth *truth)
{
	uint32_t callbacks = trace_callbacks(trace);

	if (!(callbacks & CALLBACK_BIT(PTE_HOLE)))
		return false;
	if (memory_is(truth->memory, BACKING_HUGETLB))
		return callbacks & CALLBACK_BIT(HUGETLB_ENTRY);
	return callbacks & (CALLBACK_BIT(PTE_ENTRY) | CALLBACK_BIT(PMD_ENTRY));
}

/* PFNMAP is a hole unless somebody said to walk it. */
static bool is_passed_over(const struct trace *trace, const struct truth *truth)
{
	return memory_is_pfnmap(truth->memory) && !trace->vma &&
	       trace->policy == PAGEWALK_PROBE_TEST_NONE;
}

static void check_page_covered(const struct trace *trace, uint64_t page,
			       const struct truth *truth,
			       const struct coverage *c)
{
	uint64_t address = layout_address(trace->layout, page);
	unsigned int entries = entries_of(trace, c, truth);

	expect(trace, W3, entries + c->hole == 1,
	       "page 0x%" PRIx64 " (%s) is reported %u times", address,
	       truth_name(truth), entries + c->hole);
	if (truth->present && !memory_is_pfnmap(truth->memory))
		expect(trace, W3, entries == 1,
		       "page 0x%" PRIx64 " (%s) is not reported by an entry callback",
		       address, truth_name(truth));
	if (memory_is(truth->memory, BACKING_HUGETLB) && !truth->present)
		expect(trace, W5, c->hugetlb + c->hole == 1,
		       "page 0x%" PRIx64 " (%s) is reported %u times by hugetlb_entry, %u times by pte_hole",
		       address, truth_name(truth), c->hugetlb, c->hole);
}

static void check_pfnmap_page(const struct trace *trace, uint64_t page,
			      const struct truth *truth,
			      const struct coverage *c)
{
	uint64_t address = layout_address(trace->layout, page);
	uint32_t callbacks = trace_callbacks(trace);

	if (is_passed_over(trace, truth)) {
		expect(trace, W6, !c->pmd && !c->pte,
		       "page 0x%" PRIx64 " (%s) is reported by an entry callback",
		       address, truth_name(truth));
		if (callbacks & CALLBACK_BIT(PTE_HOLE))
			expect(trace, W6, c->hole,
			       "page 0x%" PRIx64 " (%s) is not reported by pte_hole",
			       address, truth_name(truth));
	} else if (callbacks & (CALLBACK_BIT(PTE_ENTRY) |
				CALLBACK_BIT(PMD_ENTRY)) && truth->present) {
		expect(trace, W6, c->pmd || c->pte,
		       "page 0x%" PRIx64 " (%s) is not walked", address,
		       truth_name(truth));
	}
}

static void check_apart(const struct trace *trace, uint64_t page,
			const struct truth *truth, const struct coverage *c)
{
	bool hugetlb = memory_is(truth->memory, BACKING_HUGETLB);

	expect(trace, W4, hugetlb ? !c->pmd && !c->pte : !c->hugetlb,
	       "page 0x%" PRIx64 " (%s) is reported by %s",
	       layout_address(trace->layout, page), truth_name(truth),
	       !hugetlb ? "hugetlb_entry" : c->pmd ? "pmd_entry" : "pte_entry");
}

static void check_page(const struct trace *trace, uint64_t page,
		       const struct coverage *c)
{
	struct truth truth = layout_at(trace->layout, page);

	check_apart(trace, page, &truth, c);
	if (!is_whole(trace) || is_skipped(trace, &truth))
		return;
	if (wants_every_page(trace, &truth))
		check_page_covered(trace, page, &truth, c);
	if (memory_is_pfnmap(truth.memory))
		check_pfnmap_page(trace, page, &truth, c);
}

/* Return how many pages the entry of a callback maps. */
static uint64_t entry_pages(const struct trace *trace,
			    const struct pagewalk_probe_event *event)
{
	struct truth truth = layout_at(trace->layout,
				       page_of(trace, event->start));

	if (event->callback == PAGEWALK_PROBE_HUGETLB_ENTRY &&
	    memory_is(truth.memory, BACKING_HUGETLB))
		return region_unit(truth.region);
	return event->callback == PAGEWALK_PROBE_PTE_ENTRY ? 1 : TABLE_PAGES;
}

/* Check that the entry says what the layout has at @page. */
static bool entry_is_true(const struct trace *trace,
			  const struct pagewalk_probe_event *event,
			  uint64_t page)
{
	if (event->callback == PAGEWALK_PROBE_PMD_ENTRY)
		return event->present ==
		       (layout_missing_level(trace->layout, page) ==
			LEVEL_NONE);
	return event->present == layout_at(trace->layout, page).present;
}

/* On the way to PTEs there is no transparent huge page any more. */
static bool is_huge(const struct pagewalk_probe_event *event,
		    const struct truth *truth)
{
	return event->callback != PAGEWALK_PROBE_PTE_ENTRY &&
	       (truth->thp == THP_WHOLE ||
		(memory_is(truth->memory, BACKING_HUGETLB) && truth->present));
}

static void check_entry_at(const struct trace *trace,
			   const struct pagewalk_probe_event *event,
			   uint64_t page)
{
	struct truth truth = layout_at(trace->layout, page);

	expect(trace, W3, entry_is_true(trace, event, page),
	       "%s got an entry that is %s present", event_text(event),
	       event->present ? "" : "not");
	expect(trace, W3, event->huge == is_huge(event, &truth),
	       "%s got an entry that maps %s huge page", event_text(event),
	       event->huge ? "a" : "no");
}

/* Check a range that one entry maps, and that entry. */
static void check_entry(const struct trace *trace,
			const struct pagewalk_probe_event *event)
{
	uint64_t size = entry_pages(trace, event) * PAGE_SIZE, page;
	uint64_t end = min_u64(page_of(trace, event->end), trace->to);

	expect(trace, W3, event->start / size == (event->end - 1) / size,
	       "%s, more than an entry maps", event_text(event));
	expect(trace, W3, event->own, "%s got the entry of another address",
	       event_text(event));
	for (page = page_of(trace, event->start); page < end; page++)
		check_entry_at(trace, event, page);
}

/* Check that the depth of a hole, if known, is the level without an entry. */
static void check_depth(const struct trace *trace,
			const struct pagewalk_probe_event *event)
{
	uint64_t page = page_of(trace, event->start);
	uint64_t end = min_u64(page_of(trace, event->end), trace->to);
	int missing;

	if (event->depth == LEVEL_NONE)
		return;
	for (; page < end; page++) {
		missing = layout_missing_level(trace->layout, page);
		expect(trace, W3, missing == event->depth,
		       "%s has depth %d, expected %d", event_text(event),
		       event->depth, missing);
	}
}

void check_trace_pages(const struct trace *trace)
{
	static struct coverage coverage[MAX_VMA_PAGES];
	uint64_t page;
	size_t i;

	cover(trace, coverage);
	for (page = trace->from; page < trace->to; page++)
		check_page(trace, page, coverage + page - trace->from);
	for (i = 0; i < trace->nr; i++) {
		if (is_entry(trace->events + i))
			check_entry(trace, trace->events + i);
		else if (!is_test(trace->events + i))
			check_depth(trace, trace->events + i);
	}
}
