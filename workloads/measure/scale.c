// SPDX-License-Identifier: GPL-2.0
/*
 * Series of layouts that grow in one thing: VMAs, pages, holes, page tables,
 * huge pages. Each is an address space of its own, as large as it says.
 *
 * In every layout all walkers have the same work to do, those included that
 * look a VMA up only where a top-level entry begins, or walk the page tables of
 * a gap: gaps begin and end with a PTE table, and a layout begins with a VMA
 * and ends with one.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "measure/scale.h"
#include "measure/timing.h"
#include "out/records.h"
#include "space/subject.h"
#include "truth/check.h"

#define BASE	UINT64_C(0x1000000000)	/* aligned to a top-level entry */

#define TOP_TABLES	(TOP_PAGES / TABLE_PAGES)

/* Pages that the VMAs of series vmas share, however many those are. */
#define VMAS_PAGES	UINT64_C(61440)

/* pagemap is checked where it can be read at once. */
#define CHECKED_PAGES	(UINT64_C(1) << 20)

#define DEFAULT_SAMPLES	7

/*
 * The same 240 MiB, a page present in each PTE table, cut into more and more
 * VMAs without a gap. Neighbours have different permissions, or they merge.
 */
static void describe_vmas(struct layout *layout, uint64_t n)
{
	uint64_t i, start = 0, end, first;

	for (i = 0; i < n; i++, start = end) {
		end = (i + 1) * VMAS_PAGES / n;
		first = -start % TABLE_PAGES;
		layout_region(layout, i % 2 ? KIND_ZERO : KIND_ANON,
			      end - start, first,
			      first < end - start ? TABLE_PAGES : 0);
	}
}

/*
 * VMAs of 2 MiB with gaps of 2 MiB between them, all without a PTE table but
 * for the first VMA behind each top-level entry: for the entry to exist.
 */
static void describe_gaps(struct layout *layout, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n; i++) {
		if (i)
			layout_hole(layout, TABLE_PAGES);
		layout_region(layout, KIND_ZERO, TABLE_PAGES, 0,
			      layout->pages % TOP_PAGES ? 0 : TABLE_PAGES);
	}
}

/* A VMA with every page present. */
static void describe_pages(struct layout *layout, uint64_t n)
{
	layout_region(layout, KIND_ZERO, n, 0, 1);
}

/*
 * A VMA with a page present behind each top-level entry, for the entry to
 * exist, and holes of 2 MiB for the rest.
 */
static void describe_holes(struct layout *layout, uint64_t n)
{
	uint64_t tables = (n + TOP_TABLES - 2) / (TOP_TABLES - 1);

	layout_region(layout, KIND_ZERO, (n + tables) * TABLE_PAGES, 0,
		      TOP_PAGES);
}

/* A VMA with a page present in each PTE table. */
static void describe_tables(struct layout *layout, uint64_t n)
{
	layout_region(layout, KIND_ZERO, n * TABLE_PAGES, 0, TABLE_PAGES);
}

/* A hugetlb VMA with every huge page present. */
static void describe_huge(struct layout *layout, uint64_t n)
{
	layout_region(layout, KIND_HUGETLB, n * HUGE_PAGES, 0, 1);
}

struct options {
	bool count;		/* instructions, instead of samples of time */
	unsigned int samples;
};

/*
 * pmd_entry and pte_entry are those of walk_kinds[]. A hole costs so little
 * that it has to be without the 512 entries of the table next to it.
 */
static const struct walk_kind pmd_entry = {
	"pmd_entry", CALLBACK_BIT(HUGETLB_ENTRY) | CALLBACK_BIT(PMD_ENTRY),
};

static const struct walk_kind pte_entry = {
	"pte_entry", CALLBACK_BIT(HUGETLB_ENTRY) | CALLBACK_BIT(PTE_ENTRY),
};

static const struct walk_kind pmd_hole = {
	"pmd_hole", CALLBACK_BIT(HUGETLB_ENTRY) | CALLBACK_BIT(PMD_ENTRY) |
		    CALLBACK_BIT(PTE_HOLE),
};

static const struct series {
	const char *name;
	uint64_t max;
	void (*describe)(struct layout *layout, uint64_t n);
	const struct walk_kind *kinds[2];	/* by the probe */
	bool floor;
} series[] = {
	{ "vmas", 60000, describe_vmas, { &pmd_entry, &pte_entry }, false },
	{ "gaps", 60000, describe_gaps, { &pmd_hole }, false },
	{ "pages", 1 << 20, describe_pages, { &pte_entry }, true },
	{ "holes", 1 << 17, describe_holes, { &pmd_hole }, false },
	{ "tables", 1 << 15, describe_tables, { &pmd_entry, &pte_entry },
	  true },
	{ "huge", 200, describe_huge, { &pmd_entry }, false },
};

static const struct series *series_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(series); i++)
		if (strlen(series[i].name) == len &&
		    !strncmp(series[i].name, name, len))
			return series + i;
	die("scale: no series %.*s: there are vmas, gaps, pages, holes, tables, huge",
	    (int)len, name);
}

static int64_t read_rollup(const struct proc_read *file)
{
	ssize_t len = pread(file->fd, file->buf, PAGE_SIZE, 0);

	return len < 0 ? -errno : len;
}

static void time_rollup(const struct layout *layout, int pid,
			unsigned int samples)
{
	struct proc_read file = {
		.name = "smaps_rollup",
		.pages = layout->pages,
		.read = read_rollup,
	};

	time_file(layout, pid, &file, PAGE_SIZE, samples);
}

static int64_t read_words(const struct proc_read *read)
{
	const volatile uint64_t *words = read->buf;
	uint64_t i;

	for (i = 0; i < read->pages; i++)
		(void)words[i];
	return 0;
}

/*
 * The machine's floor: what it takes to read a word for each entry that a walk
 * comes by, from as much memory as its PTE tables take, with nothing else to
 * do. A program of the guest runs as fast as one of the host, and has its
 * memory from where the kernel has its tables.
 */
static void time_floor(const struct layout *layout, unsigned int samples)
{
	uint64_t size = layout->pages * sizeof(uint64_t);
	struct proc_read floor = {
		.name = "floor",
		.buf = map_populated(size),
		.pages = layout->pages,
		.read = read_words,
	};

	time_read(layout, &floor, samples);
	unmap_populated(floor.buf, size);
}

static void record_verdict(const struct layout *layout, const char *name,
			   const struct check *check)
{
	record_check(layout->name, name, check_ok(check), check->checked,
		     check->detail);
}

static void check_layout(const struct series *which,
			 const struct layout *layout, int pid, int probe)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(which->kinds) && which->kinds[i]; i++) {
		struct check check = { 0 };

		check_walk(&check, layout, pid, probe, which->kinds[i]);
		record_verdict(layout, which->kinds[i]->name, &check);
	}
	if (layout->pages <= CHECKED_PAGES) {
		struct check check = { 0 };

		check_pagemap(&check, layout, pid);
		record_verdict(layout, "pagemap", &check);
	}
}

static void time_layout(const struct series *which,
			const struct layout *layout, int pid, int probe,
			unsigned int samples)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(which->kinds) && which->kinds[i]; i++)
		time_probe(layout, pid, probe, which->kinds[i], samples);
	time_rollup(layout, pid, samples);
	if (which->floor)
		time_floor(layout, samples);
}

/* The total alone: which instructions they are is for walks count. */
static void count_total(const struct layout *layout, const char *walk,
			int probe, struct pagewalk_probe_count *arg)
{
	probe_count(probe, arg);
	arg->nr_insns = 0;
	record_count(layout->name, walk, layout->pages, layout->nr_regions,
		     arg);
}

static void count_rollup(const struct layout *layout, int pid, int probe)
{
	void *buf = map_populated(PAGE_SIZE);
	struct pagewalk_probe_count arg = {
		.pid = pid,
		.fd = open_proc(pid, "smaps_rollup"),
		.buffer = (uintptr_t)buf,
		.size = PAGE_SIZE,
	};

	count_total(layout, "smaps_rollup", probe, &arg);
	close(arg.fd);
	unmap_populated(buf, PAGE_SIZE);
}

static void count_layout(const struct series *which,
			 const struct layout *layout, int pid, int probe)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(which->kinds) && which->kinds[i]; i++) {
		struct pagewalk_probe_count arg = {
			.start = layout->base,
			.end = layout_end(layout),
			.pid = pid,
			.callbacks = which->kinds[i]->callbacks,
			.fd = -1,
		};

		count_total(layout, which->kinds[i]->name, probe, &arg);
	}
	count_rollup(layout, pid, probe);
}

static void run_point(const struct series *which, uint64_t n, bool check,
		      int probe, const struct options *options)
{
	char name[32];
	struct layout layout = { .name = name, .base = BASE };
	struct subject subject;

	snprintf(name, sizeof(name), "%s:%" PRIu64, which->name, n);
	which->describe(&layout, n);
	subject_start(&subject, &layout, probe);
	layout_record(&layout);
	if (check)
		check_layout(which, &layout, subject.pid, probe);
	if (options->count)
		count_layout(which, &layout, subject.pid, probe);
	else
		time_layout(which, &layout, subject.pid, probe,
			    options->samples);
	subject_stop(&subject);
	layout_free(&layout);
	records_flush();
}

/* The number at the start of @text, which @what is; @end: what follows it. */
static uint64_t parse_number(const char *what, const char *text, uint64_t max,
			     char **end)
{
	uint64_t n;

	errno = 0;
	n = strtoull(text, end, 10);
	if (errno || *end == text || (**end && **end != ',') || !n || n > max)
		die("scale %s: %s is not a number from 1 to %" PRIu64, what,
		    text, max);
	return n;
}

/* "vmas:1,10,100": the last is checked, too. */
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
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 's')
			options->samples =
				parse_number("--samples", optarg,
					     PAGEWALK_PROBE_MAX_SAMPLES, &end);
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
	if (!records_wanted())
		die("file descriptor 3, for the records, is closed: add 3>FILE");
	probe = probe_open();
	for (i = optind; i < argc; i++)
		run_series(argv[i], probe, &options);
	close(probe);
	return 0;
}
