/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A walk that the probe traced: what was asked for, and each call of a
 * callback. rules/w_tries.c takes traces of many walks, trace_check.c and
 * trace_pages.c compare each with the layout that was walked, and outcome.c
 * keeps the results.
 */
#ifndef TRACE_H
#define TRACE_H

#include "kernel/probe.h"
#include "kernel/util.h"
#include "space/layout.h"

#define MAX_EVENTS	112	/* the trace of a wild walk is cut off here */
#define MAX_PAGES	(2 * HUGE_PAGES)	/* in a range */
#define MAX_VMA_UNITS	48		/* of a VMA walked whole */
#define MAX_VMA_PAGES	(2 * GIGANTIC_PAGES)	/* likewise */
#define MAX_CHANGES	4

struct callback_set {
	const char *name;
	uint32_t mask;
};

extern const struct callback_set callback_sets[];
extern const size_t nr_callback_sets;
/* The last one is of no use without transparent huge pages. */
size_t nr_callback_sets_for(const struct layout *layout);

/* One walk: what was asked for, and what happened. */
struct trace {
	const struct layout *layout;
	const char *joint;
	size_t set;			/* of callback_sets[] */
	uint32_t entry_point;
	const struct region *vma;	/* the VMA to walk; NULL: the range */
	uint32_t policy;		/* of test_walk() */
	uint64_t from, to;		/* pages of the layout */
	uint64_t stop_at;
	int32_t stop_code;
	bool over_pfnmap;		/* a positive hole there ended it */
	bool compared;			/* the page tables before and after */
	int64_t result;
	bool overflowed;
	size_t nr;
	struct pagewalk_probe_event *events;
	uint64_t nr_changes;
	struct pagewalk_probe_change changes[MAX_CHANGES];
};

static inline uint32_t trace_callbacks(const struct trace *trace)
{
	return callback_sets[trace->set].mask;
}

static inline uint64_t page_of(const struct trace *trace, uint64_t address)
{
	return (address - trace->layout->base) / PAGE_SIZE;
}

static inline bool is_entry(const struct pagewalk_probe_event *event)
{
	return 1U << event->callback &
	       (CALLBACK_BIT(PMD_ENTRY) | CALLBACK_BIT(PTE_ENTRY) |
		CALLBACK_BIT(HUGETLB_ENTRY));
}

static inline bool is_test(const struct pagewalk_probe_event *event)
{
	return event->callback == PAGEWALK_PROBE_TEST_WALK;
}

/* Does test_walk() decide on VMAs? It does not if the caller gave one. */
static inline bool has_policy(const struct trace *trace)
{
	return !trace->vma && trace->policy != PAGEWALK_PROBE_TEST_NONE;
}

/* Whether the policy of the walk skips the VMA of a page. */
bool is_skipped(const struct trace *trace, const struct truth *truth);

/*
 * Tell whether the walk has the huge page of a page split, which it does on its
 * way to PTEs.
 */
bool is_split(const struct trace *trace, const struct truth *truth);

/* Count the calls of callbacks that the stop rule counts. */
size_t trace_calls(const struct trace *trace);

/* Return "pte_hole 0x1000-0x2000"; the next call overwrites it. */
const char *event_text(const struct pagewalk_probe_event *event);

#endif
