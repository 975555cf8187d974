// SPDX-License-Identifier: GPL-2.0
/*
 * walks: build address spaces, check what the kernel says of them against the
 * truth, and time page-table walks over them. Runs in a guest with the
 * platform series, as root.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/turn.h"
#include "kernel/util.h"
#include "measure/count.h"
#include "measure/golden.h"
#include "measure/loop.h"
#include "measure/processes.h"
#include "measure/scale.h"
#include "measure/timing.h"
#include "out/ktap.h"
#include "out/records.h"
#include "rules/contract.h"
#include "space/layout.h"
#include "space/subject.h"
#include "truth/check.h"

#define DEFAULT_SAMPLES	40

static const char usage[] =
	"usage: walks check|time|bench|count [--samples N] [LAYOUT[:WALK,...]...]\n"
	"       walks loop LAYOUT WALK MILLISECONDS\n"
	"       walks contract [RULE...]\n"
	"       walks scale [--count | --samples N] SERIES:N[,N...]...\n"
	"       walks golden FILE\n"
	"       walks processes\n"
	"       walks list\n"
	"\n"
	"check  build each LAYOUT and check /proc/PID/smaps, pagemap and what a\n"
	"       walk reaches against its truth: KTAP on standard output\n"
	"time   time walks over each: records on file descriptor 3\n"
	"bench  both, on the same address space\n"
	"loop   one walk, again and again, to be profiled: records on descriptor 3\n"
	"count  the instructions of each walk: records on descriptor 3\n"
	"contract  check the rules of docs/contract.md, W1 to W11 and U1 to U6,\n"
	"       or each RULE given: KTAP and records\n"
	"golden replay the walks that FILE describes: records on descriptor 3\n"
	"scale  time walks over layouts that have N of the thing that SERIES is\n"
	"       about: vmas, gaps, pages, holes, tables, huge; the last of each\n"
	"       is checked, too: records on descriptor 3; --count: count\n"
	"       instructions instead\n"
	"processes  what system calls, page faults and the like cost: a line\n"
	"       each on standard output\n"
	"list   name the layouts; without LAYOUT, all are taken, and all walks\n"
	"\n"
	"--samples N  samples of each walk (default 40)\n"
	"\n"
	"A check that fails is a result: the exit status is 0 all the same.\n";

struct options {
	bool check, time, count;
	unsigned int samples;
};

static const struct check_kind {
	const char *name;
	void (*run)(struct check *check, const struct layout *layout, int pid);
} check_kinds[] = {
	{ "smaps", check_smaps },
	{ "pagemap", check_pagemap },
	{ "pagemap_page", check_pagemap_page },
};

static void report_check(const struct layout *layout, const char *name,
			 const struct check *check)
{
	char detail[sizeof(check->detail) + 40] = "equal to the layout";

	if (check->wrong > 1)
		snprintf(detail, sizeof(detail), "%s (the first of %" PRIu64 ")",
			 check->detail, check->wrong);
	else if (check->wrong)
		snprintf(detail, sizeof(detail), "%s", check->detail);
	ktap_check(check_ok(check), name, detail);
	record_check(layout->name, name, check_ok(check), check->checked, detail);
}

static void run_checks(const struct layout *layout, int pid, int probe)
{
	size_t i;

	ktap_subtest(layout->name, ARRAY_SIZE(check_kinds) + nr_walk_kinds);
	for (i = 0; i < ARRAY_SIZE(check_kinds); i++) {
		struct check check = { 0 };

		check_kinds[i].run(&check, layout, pid);
		report_check(layout, check_kinds[i].name, &check);
	}
	for (i = 0; i < nr_walk_kinds; i++) {
		struct check check = { 0 };

		check_walk(&check, layout, pid, probe, walk_kinds + i);
		report_check(layout, walk_kinds[i].name, &check);
	}
	ktap_subtest_end(layout->name);
}

/* A layout, and what is to be timed or counted on it. */
struct choice {
	const struct builtin_layout *builtin;
	uint32_t walks;
};

static void run_layout(const struct choice *choice,
		       const struct options *options, int probe)
{
	struct subject subject;
	struct layout layout;

	builtin_layout_describe(choice->builtin, &layout);
	subject_start(&subject, &layout, probe);
	layout_record(&layout);
	if (options->check)
		run_checks(&layout, subject.pid, probe);
	if (options->time)
		time_walks(&layout, subject.pid, probe, choice->walks,
			   options->samples);
	if (options->count)
		count_walks(&layout, subject.pid, probe, choice->walks);
	subject_stop(&subject);
	layout_free(&layout);
	records_flush();
}

static int list_layouts(void)
{
	size_t i;

	for (i = 0; i < nr_builtin_layouts; i++)
		printf("%-8s %s\n", builtin_layouts[i].name,
		       builtin_layouts[i].about);
	return 0;
}

static bool parse_command(const char *command, struct options *options)
{
	bool bench = !strcmp(command, "bench");

	options->check = bench || !strcmp(command, "check");
	options->time = bench || !strcmp(command, "time");
	options->count = !strcmp(command, "count");
	return options->check || options->time || options->count;
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

/* "LAYOUT" or "LAYOUT:WALK,WALK" */
static struct choice parse_choice(char *text)
{
	char *walks = strchr(text, ':');
	struct choice choice = { .walks = TIME_ALL };

	if (walks) {
		*walks = '\0';
		choice.walks = time_parse(walks + 1);
	}
	choice.builtin = builtin_layout_find(text);
	if (!choice.builtin)
		die("no layout %s: walks list names them", text);
	return choice;
}

/* The layouts that are named, or all, into @chosen; how many. */
static size_t choose_layouts(char **names, size_t n, struct choice *chosen)
{
	size_t i;

	for (i = 0; i < n; i++)
		chosen[i] = parse_choice(names[i]);
	for (; !n && i < nr_builtin_layouts; i++)
		chosen[i] = (struct choice){ builtin_layouts + i, TIME_ALL };
	return i;
}

int main(int argc, char **argv)
{
	struct options options = { .samples = DEFAULT_SAMPLES };
	struct choice *chosen;
	size_t i, n;
	int probe;

	records_open();
	if (argc == 2 && !strcmp(argv[1], "list"))
		return list_layouts();
	if (argc >= 2 && !strcmp(argv[1], "contract"))
		return contract_main(argv + 2, argc - 2);
	if (argc == 2 && !strcmp(argv[1], "processes"))
		return processes_main();
	if (argc == 5 && !strcmp(argv[1], "loop"))
		return loop_main(argv + 2);
	if (argc >= 2 && !strcmp(argv[1], "scale"))
		return scale_main(argc - 1, argv + 1);
	if (argc == 3 && !strcmp(argv[1], "golden")) {
		golden_replay(argv[2]);
		return 0;
	}
	if (argc < 2 || !parse_command(argv[1], &options)) {
		fputs(usage, stderr);
		return 2;
	}
	parse_options(argc - 1, argv + 1, &options);
	if ((options.time || options.count) && !records_wanted())
		die("file descriptor 3, for the records, is closed: add 3>FILE");
	chosen = xcalloc(argc + nr_builtin_layouts, sizeof(*chosen));
	n = choose_layouts(argv + 1 + optind, argc - 1 - optind, chosen);
	probe = probe_open();
	turn_open();
	if (options.check)
		ktap_plan(n);
	for (i = 0; i < n; i++)
		run_layout(chosen + i, &options, probe);
	close(probe);
	free(chosen);
	return 0;
}
