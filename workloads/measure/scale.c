// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "measure/count.h"
#include "measure/rows.h"
#include "measure/scale.h"
#include "measure/timing.h"
#include "out/records.h"
#include "space/layout_file.h"
#include "space/series.h"
#include "space/shipped.h"
#include "truth/check.h"

/* pagemap is checked if it can be read at once. */
#define CHECKED_PAGES	(UINT64_C(1) << 20)

#define DEFAULT_SAMPLES	7

struct options {
	bool count;		/* instructions, not samples of time */
	unsigned int samples;
};

#define ROLLUP	"smaps_rollup"

/*
 * This walk is in addition to walks[]. A hole costs so little that the 512
 * entries of the table next to it would hide it.
 */
static const struct walk pmd_hole = {
	.name = "pmd_hole",
	.callbacks = CALLBACK_BIT(HUGETLB_ENTRY) | CALLBACK_BIT(PMD_ENTRY) |
		     CALLBACK_BIT(PTE_HOLE),
};

/*
 * The machine's floor is the time to read a word for each entry that a walk
 * comes by, from as much memory as its PTE tables take, and do nothing else. A
 * program of the guest runs as fast as one of the host, and its memory comes
 * from the same file as the kernel's tables.
 */
static int64_t read_words(const struct walk_run *run)
{
	const uint64_t *words = run->buf;
	uint64_t i;

	for (i = 0; i < run->pages; i++)
		asm volatile("" : : "r" (words[i])); /* read it */
	return 0;
}

static const struct walk words = { .name = "floor", .read = read_words };

static const struct series {
	const char *name;
	uint64_t max;
	void (*describe)(struct layout *layout, uint64_t n);
	const char *by_probe[2];	/* walks, beside smaps_rollup */
	bool floor;
} series[] = {
	{ "vmas", 60000, series_vmas, { "pmd_entry", "pte_entry" }, false },
	{ "gaps", 60000, series_gaps, { "pmd_hole" }, false },
	{ "pages", 1 << 20, series_pages, { "pte_entry" }, true },
	{ "holes", 1 << 17, series_holes, { "pmd_hole" }, false },
	{ "tables", 1 << 15, series_tables, { "pmd_entry", "pte_entry" },
	  true },
	{ "huge", 200, series_huge, { "pmd_entry" }, false },
};

/* Copies of the layout that was named last. */
static char copied[64];

static void describe_copies(struct layout *layout, uint64_t n)
{
	struct layout one;
	uint64_t i;

	layout_named(&one, copied);
	for (i = 0; i < n; i++)
		layout_append(layout, &one);
	layout_free(&one);
	if (layout->nr_regions > LAYOUT_VMAS_MAX ||
	    layout->pages > LAYOUT_PAGES_MAX)
		refuse("scale %s: a guest has no room for %" PRIu64 " of them",
		       copied, n);
}

static const struct series copies = {
	copied, 100, describe_copies, { "pmd_entry", "pte_entry" }, false
};

static const struct series *series_find(const char *name, size_t len)
{
	size_t i;

	snprintf(copied, sizeof(copied), "%.*s", (int)len, name);
	if (layout_is_known(copied))
		return &copies;
	for (i = 0; i < ARRAY_SIZE(series); i++)
		if (strlen(series[i].name) == len &&
		    !strncmp(series[i].name, name, len))
			return series + i;
	refuse("scale: no series or layout %.*s: there are vmas, gaps, pages, holes, tables, huge",
	       (int)len, name);
}

/* Return walk @i of those by the probe, or NULL. */
static const struct walk *by_probe(const struct series *which, size_t i)
{
	const struct walk *walk;

	if (i == ARRAY_SIZE(which->by_probe) || !which->by_probe[i])
		return NULL;
	walk = walk_find(which->by_probe[i]);
	return walk ? walk : &pmd_hole;
}

static void record_verdict(const struct layout *layout, const char *name,
			   const struct check *check)
{
	record_check(layout->name, name, check_ok(check), check->checked,
		     check->detail);
}

static void check_layout(const struct series *which,
			 const struct subject *subject)
{
	const struct layout *layout = subject->layout;
	const struct walk *walk;
	size_t i;

	for (i = 0; (walk = by_probe(which, i)); i++) {
		struct check check = { 0 };

		check_walk(&check, subject, walk);
		record_verdict(layout, walk->name, &check);
	}
	if (layout->pages <= CHECKED_PAGES) {
		struct check check = { 0 };

		check_pagemap(&check, subject);
		record_verdict(layout, "pagemap", &check);
	}
}

static void time_floor(const struct layout *layout, unsigned int samples)
{
	uint64_t size = layout->pages * sizeof(uint64_t);
	struct walk_run run = {
		.walk = &words,
		.pages = layout->pages,
		.buf = map_populated(size),
	};

	time_run(layout->name, &run, samples);
	unmap_populated(run.buf, size);
}

static void time_layout(const struct series *which,
			const struct subject *subject, unsigned int samples)
{
	const struct walk *walk;
	size_t i;

	for (i = 0; (walk = by_probe(which, i)); i++)
		time_walk(subject, walk, samples);
	time_walk(subject, walk_find(ROLLUP), samples);
	if (which->floor)
		time_floor(subject->layout, samples);
}

/* Record totals only; `walks count` has each instruction. */
static void count_layout(const struct series *which,
			 const struct subject *subject)
{
	const struct walk *walk;
	size_t i;

	for (i = 0; (walk = by_probe(which, i)); i++)
		count_total(subject, walk);
	count_total(subject, walk_find(ROLLUP));
}

static void run_point(const struct series *which, uint64_t n, bool check,
		      int probe, const struct options *options)
{
	char name[80];
	struct layout layout = { .name = name, .base = LAYOUT_BASE };
	struct subject subject;

	snprintf(name, sizeof(name), "%s:%" PRIu64, which->name, n);
	which->describe(&layout, n);
	subject_start(&subject, &layout, probe);
	layout_record(&layout);
	if (check)
		check_layout(which, &subject);
	if (options->count)
		count_layout(which, &subject);
	else
		time_layout(which, &subject, options->samples);
	subject_stop(&subject);
	layout_free(&layout);
	records_flush();
}

/* Read the number of @what at the start of @text; @end is what follows it. */
static uint64_t parse_number(const char *what, const char *text, uint64_t max,
			     char **end)
{
	uint64_t n;

	errno = 0;
	n = strtoull(text, end, 10);
	if (errno || *end == text || (**end && **end != ',') || !n || n > max)
		refuse("scale %s: %s is not a number from 1 to %" PRIu64, what,
		       text, max);
	return n;
}

/* "vmas:1,10,100": the last layout is checked, too. */
static void run_series(const char *text, int probe,
		       const struct options *options)
{
	size_t len = strcspn(text, ":");
	const struct series *which = series_find(text, len);
	const char *at = text + len;
	uint64_t n;
	char *end;

	do {
		n = parse_number(text, at + !!*at, which->max, &end);
		at = end;
		run_point(which, n, !*at, probe, options);
	} while (*at);
}

static void parse_options(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{ "count", no_argument, NULL, 'c' },
		{ "samples", required_argument, NULL, 's' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 's')
			options->samples = parse_count("--samples", optarg,
						       PAGEWALK_PROBE_MAX_SAMPLES);
		else if (c == 'c')
			options->count = true;
		else
			exit(2);
	}
}

int scale_main(int argc, char **argv)
{
	struct options options = { .samples = DEFAULT_SAMPLES };
	int i, probe;

	parse_options(argc, argv, &options);
	records_required();
	probe = probe_open();
	for (i = optind; i < argc; i++)
		run_series(argv[i], probe, &options);
	close(probe);
	return 0;
}
