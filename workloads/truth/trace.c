// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "truth/trace.h"

#define BIT(callback)	CALLBACK_BIT(callback)

const struct callback_set callback_sets[] = {
	{ "pte_entry, pte_hole, hugetlb_entry",
	  BIT(PTE_ENTRY) | BIT(PTE_HOLE) | BIT(HUGETLB_ENTRY) },
	{ "pmd_entry, pte_hole, hugetlb_entry",
	  BIT(PMD_ENTRY) | BIT(PTE_HOLE) | BIT(HUGETLB_ENTRY) },
	{ "pmd_entry, pte_entry, pte_hole, hugetlb_entry",
	  BIT(PMD_ENTRY) | BIT(PTE_ENTRY) | BIT(PTE_HOLE) |
	  BIT(HUGETLB_ENTRY) },
	{ "pte_entry, hugetlb_entry", BIT(PTE_ENTRY) | BIT(HUGETLB_ENTRY) },
	{ "pmd_entry", BIT(PMD_ENTRY) },
	{ "pte_hole", BIT(PTE_HOLE) },
	{ "hugetlb_entry", BIT(HUGETLB_ENTRY) },
	{ "pmd_entry, pte_hole", BIT(PMD_ENTRY) | BIT(PTE_HOLE) },
	{ "pmd_entry with ACTION_CONTINUE, pte_entry, pte_hole",
	  BIT(PMD_ENTRY) | BIT(PTE_ENTRY) | BIT(PTE_HOLE) |
	  PAGEWALK_PROBE_CONTINUE },
};

const size_t nr_callback_sets = ARRAY_SIZE(callback_sets);

size_t nr_callback_sets_for(const struct layout *layout)
{
	return nr_callback_sets - !layout_needs_thp(layout);
}

bool is_split(const struct trace *trace, const struct truth *truth)
{
	uint32_t callbacks = trace_callbacks(trace);

	return truth->thp == THP_WHOLE && callbacks & BIT(PTE_ENTRY) &&
	       !(callbacks & PAGEWALK_PROBE_CONTINUE);
}

const char *event_text(const struct pagewalk_probe_event *event)
{
	static char text[80];

	snprintf(text, sizeof(text), "%s 0x%" PRIx64 "-0x%" PRIx64,
		 callback_names[event->callback], (uint64_t)event->start,
		 (uint64_t)event->end);
	return text;
}

bool is_skipped(const struct trace *trace, const struct truth *truth)
{
	if (!truth->region || !has_policy(trace))
		return false;
	switch (trace->policy) {
	case PAGEWALK_PROBE_TEST_SKIP_ALL:
		return true;
	case PAGEWALK_PROBE_TEST_SKIP_PFNMAP:
		return memory_is_pfnmap(truth->memory);
	case PAGEWALK_PROBE_TEST_SKIP_HUGETLB:
		return memory_is(truth->memory, BACKING_HUGETLB);
	default:
		return false;
	}
}

size_t trace_calls(const struct trace *trace)
{
	size_t i, calls = 0;

	for (i = 0; i < trace->nr; i++)
		calls += !is_test(trace->events + i);
	return calls;
}
