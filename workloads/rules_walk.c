// SPDX-License-Identifier: GPL-2.0
/*
 * W1 to W11: what a caller of walk_page_range(), walk_page_range_vma() and
 * walk_page_vma() may rely on. One round of traced walks serves all rules:
 * what it comes to is kept here, and each rule tells its part. W12, the locks,
 * is seen by a debug kernel and by KUnit.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "rules.h"
#include "trace.h"
#include "util.h"

/*
 * The cases of a rule: the sets of callbacks, then these. Kernels may break the
 * first of them, and no other.
 */
enum { OVER_PFNMAP, RANGE_VMA, PAGE_VMA, NR_OTHER_CASES };

#define MAX_SETS	16

static struct check checks[NR_WALK_RULES][NR_OTHER_CASES + MAX_SETS];

static size_t case_of(const struct trace *trace)
{
	if (trace->over_pfnmap)
		return OVER_PFNMAP;
	switch (trace->entry_point) {
	case PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA:
		return RANGE_VMA;
	case PAGEWALK_PROBE_WALK_PAGE_VMA:
		return PAGE_VMA;
	default:
		return NR_OTHER_CASES + trace->set;
	}
}

static const char *case_name(size_t i)
{
	static const char * const names[NR_OTHER_CASES] = {
		[OVER_PFNMAP] = "positive pte_hole over PFNMAP",
		[RANGE_VMA] = "walk_page_range_vma",
		[PAGE_VMA] = "walk_page_vma",
	};

	return i < NR_OTHER_CASES ? names[i] :
	       callback_sets[i - NR_OTHER_CASES].name;
}

static const char *function_name(const struct trace *trace)
{
	bool of_vma = trace->entry_point != PAGEWALK_PROBE_WALK_PAGE_RANGE;

	return of_vma ? case_name(case_of(trace)) : "walk";
}

void expect_met(const struct trace *trace, enum walk_rule rule)
{
	checks[rule][case_of(trace)].checked++;
}

void expect_missed(const struct trace *trace, enum walk_rule rule,
		   const char *format, ...)
{
	struct check *check = &checks[rule][case_of(trace)];
	char what[200], stop[48] = "";
	va_list args;

	check->checked++;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (trace->stop_code)
		snprintf(stop, sizeof(stop), ", call %" PRIu64 " returns %d",
			 trace->stop_at, trace->stop_code);
	check_fail(check, "%s of 0x%" PRIx64 "-0x%" PRIx64 " (%s) with %s, test_walk %s%s: %s",
		   function_name(trace),
		   layout_address(trace->layout, trace->from),
		   layout_address(trace->layout, trace->to), trace->joint,
		   callback_sets[trace->set].name, policy_names[trace->policy],
		   stop, what);
}

/* The sets of callbacks come first: the first fault is told. */
static void tell(struct rule_run *run, enum walk_rule rule)
{
	static bool done;
	size_t i, n, nr = NR_OTHER_CASES + nr_callback_sets;

	if (!done)
		try_walks(run->probe);
	done = true;
	for (i = 0; i < nr; i++) {
		n = (i + NR_OTHER_CASES) % nr;
		if (checks[rule][n].checked)
			*rule_case(run, "%s", case_name(n)) = checks[rule][n];
	}
	if (!run->nr)
		rule_skip(run, "all", "this walker has no test_walk()");
}

#define WALK_RULE(number, title)					\
static void check_w##number(struct rule_run *run)			\
{									\
	tell(run, W##number);						\
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
