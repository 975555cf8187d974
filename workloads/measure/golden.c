// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "measure/golden.h"
#include "out/records.h"
#include "space/golden_case.h"

#define POOL		"/sys/kernel/mm/hugepages/hugepages-2048kB/"

/* Longer traces than this are cut off, and recorded as such. */
#define MAX_EVENTS	32768U
#define MAX_CHANGES	64U

struct replay {
	int probe;
	struct golden_case *golden;
	struct pagewalk_probe_event *events;
	struct pagewalk_probe_change changes[MAX_CHANGES];
};

static uint64_t pool_read(const char *path)
{
	FILE *file = fopen(path, "r");
	uint64_t pages;

	if (!file || fscanf(file, "%" SCNu64, &pages) != 1)
		die("%s: %s: golden walks need hugetlb in the kernel", path,
		    strerror(errno));
	fclose(file);
	return pages;
}

static void pool_resize(uint64_t pages)
{
	FILE *file = fopen(POOL "nr_hugepages", "w");

	if (!file || fprintf(file, "%" PRIu64 "\n", pages) < 0 || fclose(file))
		die(POOL "nr_hugepages: %s", strerror(errno));
}

/*
 * Have @huge free huge pages. A walk that takes a huge page for a corrupt table
 * loses it for good, so the pool is asked before each case.
 */
static void pool_reserve(uint64_t huge)
{
	uint64_t available;

	if (!huge)
		return;
	available = pool_read(POOL "free_hugepages");
	if (available >= huge)
		return;
	pool_resize(pool_read(POOL "nr_hugepages") + huge - available);
	available = pool_read(POOL "free_hugepages");
	if (available < huge)
		die("got %" PRIu64 " free huge pages, a case needs %" PRIu64 ": give the guest more memory",
		    available, huge);
}

/* The VMA that holds page @page; dies if there is none. */
static const struct golden_vma *vma_of(const struct golden_case *golden,
				       uint64_t page)
{
	size_t i;

	for (i = 0; i < golden->nr_vmas; i++)
		if (golden->vmas[i].start <= page && page < golden->vmas[i].end)
			return golden->vmas + i;
	die("case %s: page %" PRIu64 ", to be populated, lies in no VMA",
	    golden->name, page);
}

static uint64_t huge_pages(const struct golden_case *golden)
{
	uint64_t pages = 0;
	size_t i;

	for (i = 0; i < golden->nr_populate; i++) {
		const struct golden_range *range = golden->populate + i;

		if (vma_of(golden, range->start)->kind == KIND_HUGETLB)
			pages += range->end - range->start;
	}
	return pages / HUGE_PAGES;
}

static int map_vma(const struct golden_vma *vma, int probe)
{
	void *address = (void *)(vma->start * PAGE_SIZE);
	uint64_t size = (vma->end - vma->start) * PAGE_SIZE;
	int flags = MAP_FIXED_NOREPLACE, fd = -1;
	off_t offset = 0;

	if (vma->kind == KIND_PFNMAP) {
		/* By faults: just the pages listed are to be present. */
		flags |= MAP_SHARED;
		fd = probe;
		offset = PAGEWALK_PROBE_MAP_FAULT * PAGE_SIZE;
	} else {
		flags |= MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	}
	if (vma->kind == KIND_HUGETLB)
		flags |= MAP_HUGETLB;
	if (mmap(address, size, PROT_READ | PROT_WRITE, flags, fd, offset) ==
	    MAP_FAILED)
		return errno;
	return 0;
}

/* Two anonymous VMAs side by side would be merged, were they not different. */
static int keep_apart(const struct golden_case *golden, size_t i)
{
	const struct golden_vma *vma = golden->vmas + i;

	if (vma->kind != KIND_ANON || i % 2 == 0)
		return 0;
	if (madvise((void *)(vma->start * PAGE_SIZE),
		    (vma->end - vma->start) * PAGE_SIZE, MADV_DONTDUMP))
		return errno;
	return 0;
}

/* What the subject does: map, tell, and sleep until it is killed. */
static void subject_live(const struct replay *replay, int reports)
{
	const struct golden_case *golden = replay->golden;
	int error = 0;
	size_t i;

	for (i = 0; !error && i < golden->nr_vmas; i++) {
		error = map_vma(golden->vmas + i, replay->probe);
		if (!error)
			error = keep_apart(golden, i);
	}
	if (write(reports, &error, sizeof(error)) == sizeof(error))
		for (;;)
			pause();
	_exit(1);
}

/* A process with the case's VMAs, none populated. */
static int subject_start(const struct replay *replay)
{
	int reports[2], error, pid;

	if (pipe(reports))
		die("pipe: %s", strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		close(reports[0]);
		subject_live(replay, reports[1]);
	}
	close(reports[1]);
	if (read(reports[0], &error, sizeof(error)) != sizeof(error))
		die("case %s: the process that maps it died",
		    replay->golden->name);
	close(reports[0]);
	if (error)
		die("case %s: cannot map its VMAs: %s", replay->golden->name,
		    strerror(error));
	return pid;
}

static void subject_stop(int pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void subject_populate(const struct replay *replay, int pid)
{
	const struct golden_case *golden = replay->golden;
	size_t i;

	for (i = 0; i < golden->nr_populate; i++) {
		const struct golden_range *range = golden->populate + i;
		bool huge = vma_of(golden, range->start)->kind == KIND_HUGETLB;

		probe_populate(replay->probe, pid, range->start * PAGE_SIZE,
			       range->end * PAGE_SIZE,
			       huge ? HUGE_PAGES * PAGE_SIZE : 0);
	}
}

static const char *event_name(const struct pagewalk_probe_event *event)
{
	if (event->callback == PAGEWALK_PROBE_HUGETLB_ENTRY && !event->present)
		return "hugetlb_entry_none";
	return callback_names[event->callback];
}

/* Index of the event's VMA in the case; -1: none of the case, -2: NULL. */
static int event_vma(const struct golden_case *golden,
		     const struct pagewalk_probe_event *event)
{
	size_t i;

	if (!event->vma_end)
		return -2;
	for (i = 0; i < golden->nr_vmas; i++)
		if (golden->vmas[i].start * PAGE_SIZE == event->vma_start &&
		    golden->vmas[i].end * PAGE_SIZE == event->vma_end)
			return i;
	return -1;
}

/* Entries that the walk destroyed. */
static uint64_t cleared(const struct replay *replay, uint64_t nr_changes)
{
	uint64_t i, n = 0;

	for (i = 0; i < min_u64(nr_changes, MAX_CHANGES); i++)
		n += !replay->changes[i].after;
	return n;
}

static void record_trace(const struct replay *replay,
			 const struct pagewalk_probe_trace *trace)
{
	const struct golden_case *golden = replay->golden;
	uint64_t i;

	for (i = 0; i < trace->nr_events; i++) {
		const struct pagewalk_probe_event *event = replay->events + i;

		record_golden_call(golden->name, event_name(event),
				   event->start / PAGE_SIZE,
				   event->end / PAGE_SIZE,
				   event_vma(golden, event));
	}
	record_golden_end(golden->name, trace->result,
			  cleared(replay, trace->nr_changes),
			  trace->nr_changes, trace->overflowed);
}

static void replay_case(struct replay *replay)
{
	const struct golden_case *golden = replay->golden;
	struct pagewalk_probe_trace trace = {
		.start = golden->range.start * PAGE_SIZE,
		.end = golden->range.end * PAGE_SIZE,
		.callbacks = golden->callbacks,
		.test_walk = golden->test_walk,
		.stop_at = golden->stop_at,
		.stop_code = golden->stop_code,
		.max_events = MAX_EVENTS,
		.max_changes = MAX_CHANGES,
		.events = (uintptr_t)replay->events,
		.changes = (uintptr_t)replay->changes,
	};

	pool_reserve(huge_pages(golden));
	trace.pid = subject_start(replay);
	subject_populate(replay, trace.pid);
	probe_trace(replay->probe, &trace);
	subject_stop(trace.pid);
	record_trace(replay, &trace);
}

int golden_main(int argc, char **argv)
{
	struct replay replay = { .probe = probe_open() };
	uint64_t pool = pool_read(POOL "nr_hugepages");
	size_t size = MAX_EVENTS * sizeof(*replay.events);
	struct golden_file file;

	(void)argc;
	replay.events = map_populated(size);
	replay.golden = map_populated(sizeof(*replay.golden));
	golden_open(&file, argv[1]);
	while (golden_next(&file, replay.golden))
		replay_case(&replay);
	golden_close(&file);
	unmap_populated(replay.golden, sizeof(*replay.golden));
	unmap_populated(replay.events, size);
	pool_resize(pool);
	close(replay.probe);
	records_flush();
	return 0;
}
