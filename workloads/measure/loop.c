// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "measure/loop.h"
#include "measure/rows.h"
#include "out/records.h"
#include "space/subject.h"

/*
 * Walks come in batches, and the clock is read between them. The probe begins
 * each batch with a walk that counts calls and is not timed. One such walk
 * among so many does not show in a profile.
 */
#define BATCH_MIN	256
#define BATCH_NS	UINT64_C(50000000)

#define MILLISECONDS_MAX	600000

/*
 * The guest's clock is off by the milliseconds between two reads of the host's
 * at boot. Nothing runs for so long before and after the walks.
 */
#define QUIET_US	100000

/* Return the host's clock, except for the error that QUIET_US is for. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void walk_batch(struct walk_run *run, uint64_t repeat)
{
	static uint64_t cycles[BATCH_MIN];

	walk_repeat(run, BATCH_MIN, repeat, cycles);
	if (run->ret < 0)
		die("walk %s: %s", run->walk->name, strerror(-run->ret));
}

static void walk_for(struct walk_run *run, uint64_t ns, struct loop *loop)
{
	uint64_t repeat = 1, before;

	loop->begin_ns = loop->end_ns = now_ns();
	while (loop->end_ns - loop->begin_ns < ns) {
		before = loop->end_ns;
		walk_batch(run, repeat);
		loop->walks += BATCH_MIN * repeat;
		loop->end_ns = now_ns();
		if (loop->end_ns - before < BATCH_NS)
			repeat = min_u64(2 * repeat, PAGEWALK_PROBE_MAX_REPEAT);
	}
}

/* Return the one walk of @rows, or refuse. */
static const struct walk *only_walk(const struct rows *rows, const char *text)
{
	size_t i;

	for (i = 0; i < nr_walks; i++)
		if (rows->walks == UINT32_C(1) << i)
			return walks + i;
	refuse("loop %s: give one row, LAYOUT:WALK, as in dense:pte_entry", text);
}

int loop_main(int argc, char **argv)
{
	struct rows rows = rows_parse(argv[1]);
	const struct walk *walk = only_walk(&rows, argv[1]);
	uint64_t ms = parse_count("MILLISECONDS", argv[2], MILLISECONDS_MAX);
	struct subject subject;
	struct layout layout;
	struct walk_run run;
	struct loop loop;

	(void)argc;
	records_required();
	layout_named(&layout, rows.layout);
	subject_start(&subject, &layout, probe_open());
	run = subject_walk(&subject, walk);
	loop = (struct loop){ .walk = walk->name, .pages = run.pages };
	usleep(QUIET_US);
	walk_for(&run, ms * 1000000, &loop);
	usleep(QUIET_US);
	layout_record(&layout);
	record_loop(layout.name, &loop);
	records_flush();
	subject_walk_end(&subject, &run);
	subject_stop(&subject);
	layout_free(&layout);
	return 0;
}
