// SPDX-License-Identifier: GPL-2.0
/*
 * W1 to W11: what a caller of walk_page_range() may rely on. Walks over and
 * around every joint, with many sets of callbacks and every policy of
 * test_walk(), are traced by the probe; each call is held against the layout.
 *
 * One round of walks serves all rules: what it comes to is kept, and each rule
 * tells its part. W12, the locks, is seen by a debug kernel and by KUnit.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "describe.h"
#include "joints.h"
#include "probe.h"
#include "rules.h"
#include "subject.h"
#include "util.h"

#define BIT(callback)	(1U << PAGEWALK_PROBE_##callback)
#define ENTRIES		(BIT(PMD_ENTRY) | BIT(PTE_ENTRY) | BIT(HUGETLB_ENTRY))

#define MAX_EVENTS	96	/* what a walk that goes wrong is cut at */
#define MAX_PAGES	64	/* in a range */
#define MAX_CHANGES	4

enum walk_rule {
	W1, W2, W3, W4, W5, W6, W7, W8, W9, W10, W11, NR_WALK_RULES,
};

static const struct callback_set {
	const char *name;
	uint32_t mask;
} sets[] = {
	{ "pte_entry, pte_hole, hugetlb_entry",
	  BIT(PTE_ENTRY) | BIT(PTE_HOLE) | BIT(HUGETLB_ENTRY) },
	{ "pmd_entry, pte_hole, hugetlb_entry",
	  BIT(PMD_ENTRY) | BIT(PTE_HOLE) | BIT(HUGETLB_ENTRY) },
	{ "pmd_entry, pte_entry, pte_hole, hugetlb_entry",
	  ENTRIES | BIT(PTE_HOLE) },
	{ "pte_entry, hugetlb_entry", BIT(PTE_ENTRY) | BIT(HUGETLB_ENTRY) },
	{ "pmd_entry", BIT(PMD_ENTRY) },
	{ "pte_hole", BIT(PTE_HOLE) },
	{ "hugetlb_entry", BIT(HUGETLB_ENTRY) },
	{ "pmd_entry, pte_hole", BIT(PMD_ENTRY) | BIT(PTE_HOLE) },
};

static const char * const policies[PAGEWALK_PROBE_NR_TESTS] = {
	[PAGEWALK_PROBE_TEST_NONE] = "none",
	[PAGEWALK_PROBE_TEST_WALK_ALL] = "walk",
	[PAGEWALK_PROBE_TEST_SKIP_PFNMAP] = "skip_pfnmap",
	[PAGEWALK_PROBE_TEST_SKIP_HUGETLB] = "skip_hugetlb",
	[PAGEWALK_PROBE_TEST_SKIP_ALL] = "skip_all",
	[PAGEWALK_PROBE_TEST_FAIL_PFNMAP] = "fail_pfnmap",
};

/* Ranges around a joint, by pages, the smallest first; then refused ones. */
static const struct range {
	int from, to;
} ranges[] = {
	{ -1, 0 }, { 0, 1 }, { -1, 1 }, { -8, -1 }, { 1, 8 }, { -8, 0 },
	{ 0, 8 }, { -8, 1 }, { -1, 8 }, { -8, 8 }, { -12, 12 },
	{ 0, 0 }, { 1, -1 }, { -1, -1 },
};

/* One walk: what was asked for, and what happened. */
struct trace {
	const struct joints *joints;
	const struct layout *layout;
	const char *joint;
	size_t set;
	bool over_pfnmap;	/* it goes to a case of its own */
	uint32_t policy;
	uint64_t from, to;		/* pages of the layout */
	uint64_t stop_at;
	int32_t stop_code;
	int64_t result;
	bool overflowed;
	size_t nr;
	struct pagewalk_probe_event *events;
	uint64_t nr_changes;
	struct pagewalk_probe_change changes[MAX_CHANGES];
};

/* The cases of a rule: a set of callbacks each, and one more. */
enum { HOLE_OVER_PFNMAP = ARRAY_SIZE(sets), NR_CASES };

static struct check checks[NR_WALK_RULES][NR_CASES];
static bool has_test_walk, done;

static const char *callback_name(uint32_t callback)
{
	static const char * const names[] = {
		[PAGEWALK_PROBE_PMD_ENTRY] = "pmd_entry",
		[PAGEWALK_PROBE_PTE_ENTRY] = "pte_entry",
		[PAGEWALK_PROBE_PTE_HOLE] = "pte_hole",
		[PAGEWALK_PROBE_HUGETLB_ENTRY] = "hugetlb_entry",
		[PAGEWALK_PROBE_TEST_WALK] = "test_walk",
	};

	return callback < ARRAY_SIZE(names) && names[callback] ?
	       names[callback] : "another callback";
}

static uint32_t callbacks(const struct trace *trace)
{
	return sets[trace->set].mask;
}

static const char *case_name(size_t set)
{
	return set == HOLE_OVER_PFNMAP ? "pte_hole over PFNMAP" :
	       sets[set].name;
}

static void __attribute__((format(printf, 4, 5)))
expect(const struct trace *trace, enum walk_rule rule, bool ok,
       const char *format, ...)
{
	struct check *check = &checks[rule][trace->over_pfnmap ?
					    HOLE_OVER_PFNMAP : trace->set];
	char what[200], stop[48] = "";
	va_list args;

	check->checked++;
	if (ok)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (trace->stop_code)
		snprintf(stop, sizeof(stop), ", call %" PRIu64 " returns %d",
			 trace->stop_at, trace->stop_code);
	check_fail(check, "walk of 0x%" PRIx64 "-0x%" PRIx64 " (%s) with %s, test_walk %s%s: %s",
		   layout_address(trace->layout, trace->from),
		   layout_address(trace->layout, trace->to), trace->joint,
		   sets[trace->set].name, policies[trace->policy], stop, what);
}

static uint64_t page_of(const struct trace *trace, uint64_t address)
{
	return (address - trace->layout->base) / PAGE_SIZE;
}

/* "pte_hole 0x1000-0x2000" */
static const char *event_text(const struct pagewalk_probe_event *event)
{
	static char text[80];

	snprintf(text, sizeof(text), "%s 0x%" PRIx64 "-0x%" PRIx64,
		 callback_name(event->callback), (uint64_t)event->start,
		 (uint64_t)event->end);
	return text;
}

static bool is_entry(const struct pagewalk_probe_event *event)
{
	return 1U << event->callback & ENTRIES;
}

static bool is_test(const struct pagewalk_probe_event *event)
{
	return event->callback == PAGEWALK_PROBE_TEST_WALK;
}

static bool is_skipped(const struct trace *trace, const struct truth *truth)
{
	if (!truth->region)
		return false;
	switch (trace->policy) {
	case PAGEWALK_PROBE_TEST_SKIP_ALL:
		return true;
	case PAGEWALK_PROBE_TEST_SKIP_PFNMAP:
		return truth->kind == KIND_PFNMAP;
	case PAGEWALK_PROBE_TEST_SKIP_HUGETLB:
		return truth->kind == KIND_HUGETLB;
	default:
		return false;
	}
}

/* A walk that test_walk() or a callback ended does not reach all of it. */
static bool is_whole(const struct trace *trace)
{
	return !trace->stop_code &&
	       trace->policy != PAGEWALK_PROBE_TEST_FAIL_PFNMAP;
}

/* Comparing all page tables takes as long as many walks: once is enough. */
static bool compares_tables(const struct trace *trace)
{
	return !trace->policy && !trace->stop_code;
}

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
		    !(callbacks(trace) & BIT(PMD_ENTRY)))
			continue;
		expect(trace, W2, pmd && pmd->start <= event->start &&
		       event->end <= pmd->end, "%s, but no pmd_entry before it",
		       event_text(event));
	}
}

/* How often each page is reported, by whom. */
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

/* The callback that a page's own entry goes to, of those that are set. */
static unsigned int entries_of(const struct trace *trace,
			       const struct coverage *c,
			       const struct truth *truth)
{
	if (truth->kind == KIND_HUGETLB)
		return c->hugetlb + c->pmd + c->pte;
	return callbacks(trace) & BIT(PTE_ENTRY) ? c->pte : c->pmd;
}

static bool wants_every_page(const struct trace *trace,
			     const struct truth *truth)
{
	if (!(callbacks(trace) & BIT(PTE_HOLE)))
		return false;
	if (truth->kind == KIND_HUGETLB)
		return callbacks(trace) & BIT(HUGETLB_ENTRY);
	return callbacks(trace) & (BIT(PTE_ENTRY) | BIT(PMD_ENTRY));
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
	if (truth->present && truth->kind != KIND_PFNMAP)
		expect(trace, W3, entries == 1,
		       "page 0x%" PRIx64 " (%s) is not reported by an entry callback",
		       address, truth_name(truth));
	if (truth->kind == KIND_HUGETLB && !truth->present)
		expect(trace, W5, c->hugetlb + c->hole == 1,
		       "page 0x%" PRIx64 " (%s) is reported %u times by hugetlb_entry, %u times by pte_hole",
		       address, truth_name(truth), c->hugetlb, c->hole);
}

static void check_pfnmap_page(const struct trace *trace, uint64_t page,
			      const struct coverage *c)
{
	uint64_t address = layout_address(trace->layout, page);

	if (trace->policy == PAGEWALK_PROBE_TEST_NONE) {
		expect(trace, W6, !c->pmd && !c->pte,
		       "page 0x%" PRIx64 " (pfnmap) is reported by an entry callback",
		       address);
		if (callbacks(trace) & BIT(PTE_HOLE))
			expect(trace, W6, c->hole,
			       "page 0x%" PRIx64 " (pfnmap) is not reported by pte_hole",
			       address);
	} else if (callbacks(trace) & (BIT(PTE_ENTRY) | BIT(PMD_ENTRY))) {
		expect(trace, W6, c->pmd || c->pte,
		       "page 0x%" PRIx64 " (pfnmap) is not walked",
		       address);
	}
}

static void check_pages(const struct trace *trace)
{
	static struct coverage coverage[MAX_PAGES];
	uint64_t page;

	cover(trace, coverage);
	for (page = trace->from; page < trace->to; page++) {
		const struct coverage *c = coverage + page - trace->from;
		struct truth truth = layout_at(trace->layout, page);

		if (truth.kind == KIND_HUGETLB)
			expect(trace, W4, !c->pmd && !c->pte,
			       "page 0x%" PRIx64 " (%s) is reported by %s",
			       layout_address(trace->layout, page),
			       truth_name(&truth),
			       c->pmd ? "pmd_entry" : "pte_entry");
		else
			expect(trace, W4, !c->hugetlb,
			       "page 0x%" PRIx64 " (%s) is reported by hugetlb_entry",
			       layout_address(trace->layout, page),
			       truth_name(&truth));
		if (!is_whole(trace) || is_skipped(trace, &truth))
			continue;
		if (wants_every_page(trace, &truth))
			check_page_covered(trace, page, &truth, c);
		if (truth.kind == KIND_PFNMAP)
			check_pfnmap_page(trace, page, c);
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

/* walk->vma is the VMA that the layout has at the start of the event. */
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

/* The next VMA in the range that has not been asked about, or NULL. */
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

/* An answer below zero is the last thing that happens. */
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

static void check_asked_once(const struct trace *trace)
{
	const struct region *asked = NULL;
	size_t i, next = 0;

	if (trace->policy == PAGEWALK_PROBE_TEST_NONE)
		return;
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

static size_t calls_of(const struct trace *trace)
{
	size_t i, calls = 0;

	for (i = 0; i < trace->nr; i++)
		calls += !is_test(trace->events + i);
	return calls;
}

/* The walk was ended by a pte_hole() call for a PFNMAP VMA. */
static bool ended_over_pfnmap(const struct trace *trace)
{
	const struct pagewalk_probe_event *event = trace->events;
	size_t i;

	for (i = 0; i < trace->nr; i++, event++)
		if (event->ret && event->callback == PAGEWALK_PROBE_PTE_HOLE)
			return layout_at(trace->layout,
					 page_of(trace, event->start)).kind ==
			       KIND_PFNMAP;
	return false;
}

static void check_verbatim(struct trace *trace)
{
	size_t calls = calls_of(trace);
	int64_t expected = 0;

	/* A case of its own, since kernels may break it and no other. */
	trace->over_pfnmap = ended_over_pfnmap(trace);
	if (trace->nr && is_test(trace->events + trace->nr - 1) &&
	    trace->events[trace->nr - 1].ret < 0)
		expected = trace->events[trace->nr - 1].ret;
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

static void check_harmless(const struct trace *trace)
{
	const struct pagewalk_probe_change *change = trace->changes;

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

static void check_trace(struct trace *trace)
{
	if (trace->from >= trace->to) {
		check_refused(trace);
		return;
	}
	check_confined(trace);
	if (compares_tables(trace))
		check_harmless(trace);
	check_ordered(trace);
	check_vma_known(trace);
	expect(trace, W3, !trace->overflowed, "more than %d calls", MAX_EVENTS);
	if (trace->overflowed)
		return;
	check_pages(trace);
	check_asked_once(trace);
	check_verbatim(trace);
}

static bool walker_has_test_walk(int probe)
{
	struct pagewalk_probe_trace trace = {
		.test_walk = PAGEWALK_PROBE_TEST_WALK_ALL,
	};

	return !ioctl(probe, PAGEWALK_PROBE_TRACE, &trace) ||
	       errno != EOPNOTSUPP;
}

static void take_trace(struct trace *trace, int probe, int pid)
{
	struct pagewalk_probe_trace arg = {
		.start = layout_address(trace->layout, trace->from),
		.end = layout_address(trace->layout, trace->to),
		.pid = pid,
		.callbacks = callbacks(trace),
		.test_walk = trace->policy,
		.stop_at = trace->stop_at,
		.stop_code = trace->stop_code,
		.max_events = MAX_EVENTS,
		.max_changes = compares_tables(trace) ? MAX_CHANGES : 0,
		.events = (uintptr_t)trace->events,
		.changes = (uintptr_t)trace->changes,
	};

	probe_trace(probe, &arg);
	trace->result = arg.result;
	trace->nr = arg.nr_events;
	trace->overflowed = arg.overflowed;
	trace->nr_changes = arg.nr_changes;
	check_trace(trace);
}

/* The same walk, ended by each of its calls in turn. */
static void stop_everywhere(struct trace *trace, int probe, int pid)
{
	size_t calls = calls_of(trace);

	for (trace->stop_at = 0; trace->stop_at < calls; trace->stop_at++) {
		trace->stop_code = 7;
		take_trace(trace, probe, pid);
		trace->stop_code = -7;
		take_trace(trace, probe, pid);
	}
	trace->stop_at = 0;
	trace->stop_code = 0;
}

static void walk_joint(struct trace *trace, const struct joint *joint,
		       const struct range *range, int probe, int pid)
{
	trace->joint = joint->name;
	trace->from = joint->page + range->from;
	trace->to = joint->page + range->to;
	take_trace(trace, probe, pid);
	if (range->to - range->from == 2 * (int)JOINT_REACH &&
	    !trace->overflowed && trace->policy <= PAGEWALK_PROBE_TEST_WALK_ALL)
		stop_everywhere(trace, probe, pid);
}

static void walk_range(struct trace *trace, const struct range *range,
		       int probe, int pid)
{
	size_t i, nr_policies = has_test_walk ? ARRAY_SIZE(policies) : 1;

	for (trace->policy = 0; trace->policy < nr_policies; trace->policy++)
		for (trace->set = 0; trace->set < ARRAY_SIZE(sets); trace->set++)
			for (i = 0; i < trace->joints->nr; i++)
				walk_joint(trace, trace->joints->joints + i,
					   range, probe, pid);
}

static void walk_all(int probe)
{
	struct trace trace = {
		.events = map_populated(MAX_EVENTS * sizeof(*trace.events)),
	};
	struct subject subject;
	struct joints joints;
	size_t i;

	joints_describe(&joints);
	subject_start(&subject, &joints.layout, probe);
	trace.joints = &joints;
	trace.layout = &joints.layout;
	has_test_walk = walker_has_test_walk(probe);
	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		walk_range(&trace, ranges + i, probe, subject.pid);
	subject_stop(&subject);
	joints_free(&joints);
	unmap_populated(trace.events, MAX_EVENTS * sizeof(*trace.events));
	done = true;
}

static void tell(struct rule_run *run, enum walk_rule rule, const char *without)
{
	size_t set;

	if (!done)
		walk_all(run->probe);
	for (set = 0; set < NR_CASES; set++)
		if (checks[rule][set].checked)
			*rule_case(run, "%s", case_name(set)) =
				checks[rule][set];
	if (!run->nr)
		rule_skip(run, "all", without);
}

#define WALK_RULE(number, title)					\
static void check_w##number(struct rule_run *run)			\
{									\
	tell(run, W##number, "this walker has no test_walk()");		\
}									\
const struct rule rule_w##number = { "W" #number, title, check_w##number }

WALK_RULE(1, "confined");
WALK_RULE(2, "ordered");
WALK_RULE(3, "covered");
WALK_RULE(4, "hugetlb_apart");
WALK_RULE(5, "hugetlb_holes");
WALK_RULE(6, "pfnmap");
WALK_RULE(7, "vma_known");
WALK_RULE(8, "asked_once");
WALK_RULE(9, "verbatim");
WALK_RULE(10, "refused");
WALK_RULE(11, "harmless");
