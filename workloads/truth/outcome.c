// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "truth/outcome.h"

/* Cases behind the sets of callbacks. Kernels may fail only the first. */
enum { OVER_PFNMAP, RANGE_VMA, PAGE_VMA, NR_OTHERS };

#define MAX_SETS	16

static struct check checks[NR_WALK_RULES][MAX_SETS + NR_OTHERS];
static bool wrong;	/* any of them */

static size_t case_of(const struct trace *trace)
{
	if (trace->over_pfnmap)
		return nr_callback_sets + OVER_PFNMAP;
	switch (trace->entry_point) {
	case PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA:
		return nr_callback_sets + RANGE_VMA;
	case PAGEWALK_PROBE_WALK_PAGE_VMA:
		return nr_callback_sets + PAGE_VMA;
	default:
		return trace->set;
	}
}

size_t nr_outcomes(void)
{
	return nr_callback_sets + NR_OTHERS;
}

const char *outcome_name(size_t i)
{
	static const char * const others[NR_OTHERS] = {
		[OVER_PFNMAP] = "positive pte_hole over PFNMAP",
		[RANGE_VMA] = "walk_page_range_vma",
		[PAGE_VMA] = "walk_page_vma",
	};

	if (i < nr_callback_sets)
		return callback_sets[i].name;
	return others[i - nr_callback_sets];
}

const struct check *outcome_of(enum walk_rule rule, size_t i)
{
	return &checks[rule][i];
}

const char *walk_rule_name(enum walk_rule rule)
{
	static char name[8];

	snprintf(name, sizeof(name), "W%d", rule + 1);
	return name;
}

bool outcomes_wrong(void)
{
	return wrong;
}

void outcomes_forget(void)
{
	memset(checks, 0, sizeof(checks));
	wrong = false;
}

static const char *function_name(const struct trace *trace)
{
	if (trace->entry_point == PAGEWALK_PROBE_WALK_PAGE_RANGE)
		return "walk";
	return outcome_name(case_of(trace));
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
	wrong = true;
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
