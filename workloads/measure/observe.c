// SPDX-License-Identifier: GPL-2.0
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/turn.h"
#include "kernel/util.h"
#include "measure/count.h"
#include "measure/observe.h"
#include "measure/rows.h"
#include "measure/timing.h"
#include "out/ktap.h"
#include "out/records.h"
#include "truth/check.h"

#define DEFAULT_SAMPLES	40

struct options {
	bool check, time, count;
	unsigned int samples;
};

/* In addition there is one check of each walk by the probe. */
static const struct {
	const char *name;
	void (*run)(struct check *check, const struct subject *subject);
} checks[] = {
	{ "smaps", check_smaps },
	{ "pagemap", check_pagemap },
	{ "pagemap_page", check_pagemap_page },
};

static size_t nr_checks(void)
{
	size_t i, nr = ARRAY_SIZE(checks);

	for (i = 0; i < nr_walks; i++)
		nr += walk_is_by_probe(walks + i);
	return nr;
}

static void report_check(const struct layout *layout, const char *name,
			 const struct check *check)
{
	char text[CHECK_TEXT];
	const char *detail = check_text(check, "equal to the layout", text);

	ktap_check(check_ok(check), name, detail);
	record_check(layout->name, name, check_ok(check), check->checked,
		     detail);
}

static void run_checks(const struct subject *subject)
{
	const struct layout *layout = subject->layout;
	size_t i;

	ktap_subtest(layout->name, nr_checks());
	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		struct check check = { 0 };

		checks[i].run(&check, subject);
		report_check(layout, checks[i].name, &check);
	}
	for (i = 0; i < nr_walks; i++) {
		struct check check = { 0 };

		if (!walk_is_by_probe(walks + i))
			continue;
		check_walk(&check, subject, walks + i);
		report_check(layout, walks[i].name, &check);
	}
	ktap_subtest_end(layout->name);
}

static void run_rows(const struct rows *rows, int probe,
		     const struct options *options)
{
	struct subject subject;
	struct layout layout;
	size_t i;

	layout_named(&layout, rows->layout);
	subject_start(&subject, &layout, probe);
	layout_record(&layout);
	if (options->check)
		run_checks(&subject);
	for (i = 0; i < nr_walks; i++) {
		if (!rows_have(rows, i))
			continue;
		subject_make_thps(&subject);
		if (options->time)
			time_walk(&subject, walks + i, options->samples);
		if (options->count)
			count_walk(&subject, walks + i);
	}
	subject_stop(&subject);
	layout_free(&layout);
	records_flush();
}

static void parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "samples", required_argument, NULL, 's' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 's')
			exit(2);
		options->samples = parse_count("--samples", optarg,
					       PAGEWALK_PROBE_MAX_SAMPLES);
	}
}

/* Put the named rows, or all, to @rows; return how many there are. */
static size_t parse_rows(char **names, size_t n, struct rows *rows)
{
	size_t i;

	for (i = 0; i < n; i++)
		rows[i] = rows_parse(names[i]);
	for (; !n && i < nr_standard; i++)
		rows[i] = rows_parse(shipped_name(i));
	return i;
}

static int observe(int argc, char **argv, struct options options)
{
	struct rows *rows = xcalloc(argc + nr_standard, sizeof(*rows));
	size_t i, n;
	int probe;

	options.samples = DEFAULT_SAMPLES;
	parse_options(argc, argv, &options);
	if (options.time || options.count)
		records_required();
	n = parse_rows(argv + optind, argc - optind, rows);
	probe = probe_open();
	turn_open();
	if (options.check)
		ktap_plan(n);
	for (i = 0; i < n; i++)
		run_rows(rows + i, probe, &options);
	close(probe);
	free(rows);
	return 0;
}

int check_main(int argc, char **argv)
{
	return observe(argc, argv, (struct options){ .check = true });
}

int time_main(int argc, char **argv)
{
	return observe(argc, argv, (struct options){ .time = true });
}

int bench_main(int argc, char **argv)
{
	return observe(argc, argv,
		       (struct options){ .check = true, .time = true });
}

int count_main(int argc, char **argv)
{
	return observe(argc, argv, (struct options){ .count = true });
}
