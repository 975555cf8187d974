// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/util.h"
#include "out/ktap.h"
#include "out/records.h"
#include "rules/rule.h"

struct rule_case {
	char name[80];
	const char *skipped;	/* why, or NULL */
	struct check check;
};

static struct rule_case *add_case(struct rule_run *run)
{
	run->cases = xrealloc(run->cases, run->nr + 1, sizeof(*run->cases));
	run->cases[run->nr] = xcalloc(1, sizeof(**run->cases));
	return run->cases[run->nr++];
}

struct check *rule_case(struct rule_run *run, const char *format, ...)
{
	struct rule_case *new = add_case(run);
	va_list args;

	va_start(args, format);
	vsnprintf(new->name, sizeof(new->name), format, args);
	va_end(args);
	return &new->check;
}

void rule_skip(struct rule_run *run, const char *name, const char *why)
{
	struct rule_case *new = add_case(run);

	snprintf(new->name, sizeof(new->name), "%s", name);
	new->skipped = why;
}

static void report_case(const struct rule *rule, const struct rule_case *c)
{
	const char *detail = c->check.checked ? "as it should be" :
			     "the case compared nothing";
	bool ok = check_ok(&c->check) && c->check.checked;
	char text[CHECK_TEXT];

	if (c->skipped) {
		ktap_skip(c->name, c->skipped);
		record_rule(rule->name, c->name, true, true, 0, c->skipped);
		return;
	}
	detail = check_text(&c->check, detail, text);
	ktap_check(ok, c->name, detail);
	record_rule(rule->name, c->name, ok, false, c->check.checked, detail);
}

void rule_check(const struct rule *rule, int probe, const char *skipped)
{
	struct rule_run run = { .probe = probe };
	char title[80];
	size_t i;

	if (skipped)
		rule_skip(&run, "all", skipped);
	else
		rule->check(&run);
	snprintf(title, sizeof(title), "%s_%s", rule->name, rule->title);
	ktap_subtest(title, run.nr);
	for (i = 0; i < run.nr; i++) {
		report_case(rule, run.cases[i]);
		free(run.cases[i]);
	}
	ktap_subtest_end(title);
	free(run.cases);
	records_flush();
}
