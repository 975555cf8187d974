// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/smaps.h"
#include "kernel/turn.h"
#include "kernel/util.h"
#include "kernel/walks.h"
#include "measure/fio.h"
#include "measure/living.h"
#include "out/records.h"
#include "space/pool.h"
#include "truth/living.h"

/*
 * fio and what reads it share the guest's only CPU. Between two walks fio has
 * it for so long, or for as long as the walk took, all told: where other
 * guests have the host's CPU, that is longer.
 */
#define PAUSE_US	5000

/*
 * Walks in a run of fio. They take turns, and these two are clear_refs. After
 * it each page that fio touches takes a page fault, as user-mode Linux finds
 * out so that it is young again. With more of them fio would do little else.
 */
#define WALKS			90
#define CLEAR_REFS_FIRST	6
#define CLEAR_REFS_SECOND	30

#define HUGE_FOLDER	"/dev/shm/huge"
#define HUGE_POOL	32	/* huge pages, for any of the jobs */

#define DISK		"/dev/ubda"
#define DISK_FOLDER	"/tmp/disk"

#define REGIONS_MAX	8192

#define PAGEMAP	1	/* the index of its walker */

/* What is read, and where to. */
struct target {
	const struct fio *fio;
	struct living living;
	char *smaps;
	uint64_t *entries;
	struct scan_region *regions;
};

static int64_t read_smaps(struct target *t)
{
	return smaps_read(t->fio->smaps, t->smaps, SMAPS_SIZE_MAX);
}

static int64_t read_pagemap(struct target *t)
{
	return pagemap_read(t->fio->pagemap, t->living.start, t->entries,
			    t->living.pages);
}

static int64_t scan_pagemap(struct target *t)
{
	struct scan scan = {
		.start = t->living.start,
		.end = t->living.start + t->living.pages * PAGE_SIZE,
		.vec = (uintptr_t)t->regions,
		.vec_len = REGIONS_MAX,
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT | SCAN_FILE | SCAN_HUGE |
			       SCAN_SWAPPED | SCAN_PFNZERO,
	};

	return pagemap_scan(t->fio->pagemap, &scan);
}

/* All pages are then young no more. */
static int64_t clear_refs(struct target *t)
{
	return pwrite(t->fio->clear_refs, "1", 1, 0) == 1 ? 0 : -errno;
}

static void judge_smaps(struct target *t, struct check *check, int64_t got)
{
	living_check_smaps(&t->living, check, t->smaps, got);
}

static void judge_pagemap(struct target *t, struct check *check, int64_t got)
{
	if (got != (int64_t)t->living.pages)
		check_fail(check, "pagemap: %lld entries, expected %llu",
			   (long long)got, (unsigned long long)t->living.pages);
	else
		living_check_pagemap(&t->living, check, t->entries);
}

static void judge_scan(struct target *t, struct check *check, int64_t got)
{
	living_check_scan(&t->living, check, t->regions, got);
}

static void walk_and_check(struct target *t, size_t walker,
			   struct check *check);

/* What it should not do, as to unmap pages, shows in what is read next. */
static void judge_clear_refs(struct target *t, struct check *check, int64_t got)
{
	(void)got;
	walk_and_check(t, PAGEMAP, check);
}

static const struct {
	const char *name;
	int64_t (*read)(struct target *t);	/* negative: an error number */
	void (*judge)(struct target *t, struct check *check, int64_t got);
} walkers[] = {
	{ "smaps", read_smaps, judge_smaps },
	[PAGEMAP] = { "pagemap", read_pagemap, judge_pagemap },
	{ "pagemap_scan", scan_pagemap, judge_scan },
	{ "clear_refs", clear_refs, judge_clear_refs },	/* the last one */
};

#define NR_WALKERS	ARRAY_SIZE(walkers)

/* Return which walker makes walk @i. */
static size_t walker_of(size_t i)
{
	if (i == CLEAR_REFS_FIRST || i == CLEAR_REFS_SECOND)
		return NR_WALKERS - 1;
	return i % (NR_WALKERS - 1);
}

/* How long each walk of a run took, in TSC cycles. */
static struct {
	size_t nr;
	uint64_t cycles[WALKS];
} taken[NR_WALKERS];

static uint64_t tsc(void)
{
	_mm_lfence();
	return __rdtsc();
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000) + now.tv_nsec / 1000;
}

/* Leave the CPU to fio, after what began at @began. */
static void pause_after(uint64_t began)
{
	uint64_t pause = now_us() - began;

	usleep(pause < PAUSE_US ? PAUSE_US : pause);
}

static void keep(size_t walker, uint64_t cycles)
{
	taken[walker].cycles[taken[walker].nr++] = cycles;
}

/* Walk, if @walked, and take the time; all else is done without walks, too. */
static void time_walk(struct target *t, size_t walker, bool walked)
{
	uint64_t begin = tsc(), end;
	int64_t got = walked ? walkers[walker].read(t) : 0;

	end = tsc();
	fio_look(t->fio, &t->living.after);
	if (got < 0)
		die("%s: %s", walkers[walker].name, strerror(-got));
	if (walked)
		keep(walker, end - begin);
}

/* What a walk leaves out must not be there from the one before. */
static void forget(struct target *t)
{
	memset(t->entries, PM_UNTOUCHED & 0xff,
	       t->living.pages * sizeof(*t->entries));
	t->living.found = (struct living_counts){ 0 };
}

static void walk_and_check(struct target *t, size_t walker,
			   struct check *check)
{
	int64_t got;

	forget(t);
	fio_look(t->fio, &t->living.before);
	fio_counts(t->fio, &t->living.counts_before);
	got = walkers[walker].read(t);
	fio_counts(t->fio, &t->living.counts_after);
	fio_look(t->fio, &t->living.after);
	if (got < 0)
		check_fail(check, "%s: %s", walkers[walker].name,
			   strerror(-got));
	else
		walkers[walker].judge(t, check, got);
}

static void record_checks(const struct job *job, const struct check *checks)
{
	char text[CHECK_TEXT];
	size_t i;

	for (i = 0; i < NR_WALKERS; i++)
		record_check(job->name, walkers[i].name, check_ok(checks + i),
			     checks[i].checked,
			     check_text(checks + i, "nothing that cannot be",
					text));
}

static void record_walks(const struct job *job, int64_t turn)
{
	size_t i;

	for (i = 0; i < NR_WALKERS; i++) {
		record_living(job->name, walkers[i].name, turn,
			      taken[i].cycles, taken[i].nr);
		taken[i].nr = 0;
	}
}

enum mode { ALONE, WALKED, CHECKED };

struct run {
	struct job job;
	enum mode mode;
};

/* Walk while the job's I/O goes on. */
static void attend(struct target *t, const struct run *run,
		   struct check *checks)
{
	uint64_t began = now_us();
	size_t i, walker;

	for (i = 0; i < WALKS; i++) {
		pause_after(began);
		began = now_us();
		walker = walker_of(i);
		if (run->mode == CHECKED)
			walk_and_check(t, walker, checks + walker);
		else
			time_walk(t, walker, run->mode == WALKED);
	}
}

/* Each run has a turn of its own. */
static void run_job(struct target *t, const char *program,
		    const struct run *run)
{
	struct check checks[NR_WALKERS] = { 0 };
	int64_t turn = turn_take();
	struct fio fio;
	char *said;

	t->fio = &fio;
	t->living.job = &run->job;
	fio_start(&fio, program, &run->job, &t->living.before);
	living_begin(&t->living);
	attend(t, run, checks);
	said = fio_end(&fio);
	living_end(&t->living);
	if (run->mode == CHECKED)
		record_checks(&run->job, checks);
	if (run->mode == WALKED)
		record_walks(&run->job, turn);
	record_fio(run->job.name, run->mode != ALONE, turn, said);
	records_flush();
	free(said);
}

static void make_huge(void)
{
	pool_add(HUGE_POOL);
	if (mkdir(HUGE_FOLDER, 0700) ||
	    mount("none", HUGE_FOLDER, "hugetlbfs", 0, NULL))
		die("%s: %m", HUGE_FOLDER);
}

/* For jobs that read a file of it. */
static void mount_disk(void)
{
	if (access(DISK, F_OK))
		return;
	if (mkdir(DISK_FOLDER, 0700) ||
	    mount(DISK, DISK_FOLDER, "ext4", MS_RDONLY, NULL))
		die("%s: %m", DISK_FOLDER);
}

static bool parse_check(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "check", no_argument, NULL, 'c' },
		{ 0 }
	};
	bool check = false;
	int c;

	while ((c = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		if (c != 'c')
			exit(2);
		check = true;
	}
	return check;
}

/* Of two jobs, one is alone first, and one is walked first. */
static void run_pair(struct target *t, const char *program,
		     const struct job *job, bool swapped)
{
	run_job(t, program, &(struct run){ *job, swapped ? WALKED : ALONE });
	run_job(t, program, &(struct run){ *job, swapped ? ALONE : WALKED });
}

int living_main(int argc, char **argv)
{
	bool check = parse_check(argc, argv);
	const char *program = argv[optind];
	static struct target target;
	struct job job;
	int i;

	records_required();
	turn_open();
	make_huge();
	mount_disk();
	target = (struct target){
		.smaps = map_populated(SMAPS_SIZE_MAX),
		.entries = map_populated(WALK_ENTRIES * sizeof(uint64_t)),
		.regions = map_populated(REGIONS_MAX * sizeof(struct scan_region)),
	};
	for (i = optind + 1; i < argc; i++) {
		job_read(&job, argv[i]);
		if (check)
			run_job(&target, program, &(struct run){ job, CHECKED });
		else
			run_pair(&target, program, &job, i % 2);
	}
	return 0;
}
