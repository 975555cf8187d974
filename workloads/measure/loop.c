// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/probe.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "measure/loop.h"
#include "out/records.h"
#include "space/layout.h"
#include "space/subject.h"

/*
 * Walks are done in batches, and the clock is read between them. The probe
 * begins each batch with a walk that counts calls instead of being timed:
 * one in so many is not seen in a profile.
 */
#define BATCH_MIN	256
#define BATCH_NS	UINT64_C(50000000)

#define MILLISECONDS_MAX	600000

/*
 * The guest's clock is off by the milliseconds between two reads of the host's
 * at boot. Nothing runs for so long before and after the walks.
 */
#define QUIET_US	100000

struct subject_walk {
	void (*batch)(const struct subject_walk *walk, uint64_t repeat);
	const struct layout *layout;
	const struct walk_kind *kind;	/* the probe's */
	uint64_t pages;			/* that one walk covers */
	int pid, fd;
	void *buf;
	size_t size;
};

static void batch_of_probe(const struct subject_walk *w, uint64_t repeat)
{
	struct pagewalk_probe_walk walk = {
		.start = w->layout->base,
		.end = layout_end(w->layout),
		.pid = w->pid,
		.callbacks = w->kind->callbacks,
		.samples = BATCH_MIN,
		.repeat = repeat,
		.cycles = (uintptr_t)w->buf,
	};

	probe_walk(w->fd, &walk);
}

static void batch_of_smaps(const struct subject_walk *w, uint64_t repeat)
{
	uint64_t i;

	for (i = 0; i < BATCH_MIN * repeat; i++)
		if (smaps_read(w->fd, w->buf, w->size) < 0)
			die("reading smaps failed");
}

static void batch_of_pagemap(const struct subject_walk *w, uint64_t repeat)
{
	uint64_t i;

	for (i = 0; i < BATCH_MIN * repeat; i++)
		if (pagemap_read(w->fd, w->layout->base, w->buf, w->pages) < 0)
			die("reading pagemap failed");
}

static const struct walk_kind *find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < nr_walk_kinds; i++)
		if (!strcmp(walk_kinds[i].name, name))
			return walk_kinds + i;
	return NULL;
}

static void walk_open(struct subject_walk *w, const char *name, int probe)
{
	w->pages = w->layout->pages;
	w->kind = find_kind(name);
	if (w->kind) {
		w->batch = batch_of_probe;
		w->size = BATCH_MIN * sizeof(uint64_t);
		w->fd = probe;
	} else if (!strcmp(name, "smaps")) {
		w->batch = batch_of_smaps;
		w->size = SMAPS_SIZE_MAX;
		w->fd = open_proc(w->pid, name);
	} else if (!strcmp(name, "pagemap")) {
		w->batch = batch_of_pagemap;
		w->pages = min_u64(w->pages, PAGEMAP_WINDOW);
		w->size = w->pages * sizeof(uint64_t);
		w->fd = open_proc(w->pid, name);
	} else {
		die("no walk %s", name);
	}
	w->buf = map_populated(w->size);
}

/* The host's clock, but for what QUIET_US is about. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void walk_for(const struct subject_walk *w, uint64_t ns,
		     struct loop *loop)
{
	uint64_t repeat = 1, before;

	loop->begin_ns = loop->end_ns = now_ns();
	while (loop->end_ns - loop->begin_ns < ns) {
		before = loop->end_ns;
		w->batch(w, repeat);
		loop->walks += BATCH_MIN * repeat;
		loop->end_ns = now_ns();
		if (loop->end_ns - before < BATCH_NS)
			repeat = min_u64(2 * repeat, PAGEWALK_PROBE_MAX_REPEAT);
	}
}

int loop_main(char **argv)
{
	const struct builtin_layout *builtin = builtin_layout_find(argv[0]);
	uint64_t ms = parse_count("MILLISECONDS", argv[2], MILLISECONDS_MAX);
	int probe = probe_open();
	struct subject_walk walk;
	struct subject subject;
	struct layout layout;
	struct loop loop;

	if (!records_wanted())
		die("file descriptor 3, for the record, is closed: add 3>FILE");
	if (!builtin)
		die("no layout %s: walks list names them", argv[0]);
	builtin_layout_describe(builtin, &layout);
	subject_start(&subject, &layout, probe);
	walk = (struct subject_walk){ .layout = &layout, .pid = subject.pid };
	walk_open(&walk, argv[1], probe);
	loop = (struct loop){ .walk = argv[1], .pages = walk.pages };
	usleep(QUIET_US);
	walk_for(&walk, ms * 1000000, &loop);
	usleep(QUIET_US);
	layout_record(&layout);
	record_loop(layout.name, &loop);
	records_flush();
	subject_stop(&subject);
	layout_free(&layout);
	return 0;
}
