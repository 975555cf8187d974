// SPDX-License-Identifier: GPL-2.0
/* Tests of PAGEWALK_PROBE_TRACE and of what mmap() of /dev/pagewalk gives. */
#include <errno.h>
#include <fcntl.h>
#include <linux/pagewalk_probe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE		4096UL
#define BASE		(1UL << 36)
#define BIT(name)	(1U << PAGEWALK_PROBE_##name)
#define MAX_EVENTS	2048

static int probe, tests;
static struct pagewalk_probe_event events[MAX_EVENTS];
static struct pagewalk_probe_change changes[16];

static void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++tests, what);
}

static void *map(unsigned long page, unsigned long pages, int flags, int kind)
{
	int fd = kind < 0 ? -1 : probe;

	return mmap((void *)(BASE + page * PAGE), pages * PAGE,
		    PROT_READ | PROT_WRITE, flags | MAP_FIXED_NOREPLACE, fd,
		    kind < 0 ? 0 : kind * PAGE);
}

static void unmap(unsigned long page, unsigned long pages)
{
	munmap((void *)(BASE + page * PAGE), pages * PAGE);
}

/* A mapping that the device itself refuses. */
static bool refuses(unsigned long pages, int flags, int kind)
{
	bool failed = map(0, pages, flags, kind) == MAP_FAILED;
	int error = errno;

	if (!failed)
		unmap(0, pages);
	return failed && error == EINVAL;
}

static int populate(unsigned long page, unsigned long pages, int pid,
		    uint32_t flags)
{
	struct pagewalk_probe_populate arg = {
		.start = BASE + page * PAGE,
		.end = BASE + (page + pages) * PAGE,
		.pid = pid,
		.flags = flags,
	};

	return ioctl(probe, PAGEWALK_PROBE_POPULATE, &arg) ? -errno : 0;
}

static struct pagewalk_probe_trace walk_of(unsigned long page,
					   unsigned long pages,
					   uint32_t callbacks)
{
	return (struct pagewalk_probe_trace) {
		.start = BASE + page * PAGE,
		.end = BASE + (page + pages) * PAGE,
		.callbacks = callbacks,
		.max_events = MAX_EVENTS,
		.max_changes = 16,
		.events = (uintptr_t)events,
		.changes = (uintptr_t)changes,
	};
}

static int trace(struct pagewalk_probe_trace *arg)
{
	return ioctl(probe, PAGEWALK_PROBE_TRACE, arg) ? -errno : 0;
}

static unsigned int count(const struct pagewalk_probe_trace *arg, int callback,
			  int present)
{
	unsigned int n = 0;
	uint64_t i;

	for (i = 0; i < arg->nr_events; i++)
		n += events[i].callback == callback &&
		     (present < 0 || events[i].present == present);
	return n;
}

/* Present PTEs as the walk of one VMA tells them. */
static unsigned int present_ptes(unsigned long page, unsigned long pages,
				 int pid)
{
	struct pagewalk_probe_trace arg = walk_of(page, pages, BIT(PTE_ENTRY));

	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA;
	arg.pid = pid;
	if (trace(&arg) || arg.result || arg.nr_changes)
		return ~0U;
	return count(&arg, PAGEWALK_PROBE_PTE_ENTRY, 1);
}

/* Whether the walk just traced met page after page of the buffer. */
static bool pages_follow(unsigned int first, unsigned int nr)
{
	unsigned int i;

	for (i = first + 1; i < first + nr; i++)
		if ((events[i].before >> 12) - (events[i - 1].before >> 12) != 1)
			return false;
	return true;
}

static void test_refusals(void)
{
	struct pagewalk_probe_trace arg = walk_of(0, 1, 1U << 30);

	ok(trace(&arg) == -EINVAL, "unknown callback is refused");
	arg = walk_of(0, 1, BIT(TEST_WALK));
	ok(trace(&arg) == -EINVAL, "test_walk as a callback bit is refused");
	arg = walk_of(0, 1, 0);
	arg.test_walk = PAGEWALK_PROBE_NR_TESTS;
	ok(trace(&arg) == -EINVAL, "unknown policy is refused");
	arg = walk_of(0, 1, 0);
	arg.entry_point = PAGEWALK_PROBE_NR_ENTRY_POINTS;
	ok(trace(&arg) == -EINVAL, "unknown entry point is refused");
	arg = walk_of(0, 1, 0);
	arg.more = 2;
	ok(trace(&arg) == -EINVAL, "more is 0 or 1");
	arg = walk_of(0, 1, 0);
	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_VMA;
	ok(trace(&arg) == -ENOENT, "walk of a VMA where there is none");
}

static void test_entry_points(void)
{
	struct pagewalk_probe_trace arg;

	map(0, 8, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	populate(0, 3, 0, PAGEWALK_PROBE_WRITE);

	arg = walk_of(1, 2, BIT(PTE_ENTRY));
	ok(!trace(&arg) && !arg.result && arg.nr_events == 2 &&
	   count(&arg, PAGEWALK_PROBE_PTE_ENTRY, 1) == 2,
	   "walk_page_range walks its range");

	arg = walk_of(1, 3, BIT(PTE_ENTRY));
	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA;
	ok(!trace(&arg) && !arg.result && arg.nr_events == 3 &&
	   events[0].vma_start == BASE && events[0].vma_end == BASE + 8 * PAGE &&
	   count(&arg, PAGEWALK_PROBE_PTE_ENTRY, 0) == 1,
	   "walk_page_range_vma walks its range");

	arg = walk_of(5, 9, BIT(PTE_ENTRY));
	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA;
	ok(!trace(&arg) && arg.result == -EINVAL && !arg.nr_events,
	   "walk_page_range_vma refuses a range beyond the VMA");

	arg = walk_of(20, 2, BIT(PTE_ENTRY));
	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA;
	arg.vma = BASE;
	ok(!trace(&arg) && arg.result == -EINVAL && !arg.nr_events,
	   "walk_page_range_vma of a VMA that the range is not in");

	arg = walk_of(5, 0, BIT(PTE_ENTRY));
	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_VMA;
	ok(!trace(&arg) && !arg.result && arg.nr_events == 8 &&
	   events[0].start == BASE && events[7].end == BASE + 8 * PAGE,
	   "walk_page_vma walks the VMA");

	arg = walk_of(5, 0, BIT(PTE_ENTRY) | BIT(PMD_ENTRY) | BIT(PUD_ENTRY) |
		      BIT(P4D_ENTRY) | BIT(PGD_ENTRY) | BIT(PRE_VMA) |
		      BIT(POST_VMA));
	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_VMA;
	ok(!trace(&arg) && arg.nr_events == 14 &&
	   events[0].callback == PAGEWALK_PROBE_PRE_VMA &&
	   events[1].callback == PAGEWALK_PROBE_PGD_ENTRY &&
	   events[2].callback == PAGEWALK_PROBE_P4D_ENTRY &&
	   events[3].callback == PAGEWALK_PROBE_PUD_ENTRY &&
	   events[4].callback == PAGEWALK_PROBE_PMD_ENTRY &&
	   events[5].callback == PAGEWALK_PROBE_PTE_ENTRY &&
	   events[13].callback == PAGEWALK_PROBE_POST_VMA,
	   "all callbacks, from the top level down");
	ok(!events[0].own && events[1].own && events[2].own && events[3].own &&
	   events[4].own && events[5].own && events[12].own && !events[13].own,
	   "entries are their addresses' own");
	ok(events[5].before && events[5].before == events[5].after &&
	   events[5].level == PAGEWALK_PROBE_LEVEL_PTE &&
	   events[4].before && events[4].before == events[4].after &&
	   events[4].level == PAGEWALK_PROBE_LEVEL_PMD && !arg.nr_changes,
	   "page-table entries before and after");
	unmap(0, 8);
}

static void test_stop_and_overflow(void)
{
	struct pagewalk_probe_trace arg;

	map(0, 8, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	populate(0, 1, 0, PAGEWALK_PROBE_WRITE);
	arg = walk_of(0, 8, BIT(PTE_ENTRY));
	arg.stop_at = 4;
	arg.stop_code = 7;
	ok(!trace(&arg) && arg.result == 7 && arg.nr_events == 5 &&
	   events[4].ret == 7 && !arg.overflowed, "stop rule");
	arg = walk_of(0, 8, BIT(PTE_ENTRY));
	arg.max_events = 3;
	ok(!trace(&arg) && arg.result == -ENOSPC && arg.nr_events == 3 &&
	   arg.overflowed == 1, "a trace that is full ends the walk");
	unmap(0, 8);
}

/* Trace three VMAs of a page each; the trace that is @last ends the call. */
static int trace_vmas(struct pagewalk_probe_trace *args, int last)
{
	int i;

	for (i = 0; i < 3; i++) {
		args[i] = walk_of(2 * i, 0, BIT(PTE_ENTRY));
		args[i].entry_point = PAGEWALK_PROBE_WALK_PAGE_VMA;
		args[i].events = (uintptr_t)(events + i);
		args[i].more = i != last;
		events[i].start = 0;
	}
	return trace(args);
}

static void test_traces_in_one_call(void)
{
	struct pagewalk_probe_trace args[3];
	int i;

	for (i = 0; i < 3; i++)
		map(2 * i, 1, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	populate(2, 1, 0, PAGEWALK_PROBE_WRITE);
	ok(!trace_vmas(args, 2) && args[0].nr_events == 1 &&
	   args[1].nr_events == 1 && args[2].nr_events == 1 &&
	   events[0].start == BASE && events[1].start == BASE + 2 * PAGE &&
	   events[2].start == BASE + 4 * PAGE && !events[0].present &&
	   events[1].present && !events[2].present,
	   "three traces in one call");
	ok(!trace_vmas(args, 1) && events[1].start && !events[2].start &&
	   !args[2].nr_events, "the trace without more is the last");
	args[1].callbacks = 1U << 30;
	args[1].more = 1;
	events[0].start = 0;
	ok(trace(args) == -EINVAL && events[0].start == BASE &&
	   !events[2].start, "a trace that fails ends the call");
	for (i = 0; i < 3; i++)
		unmap(2 * i, 1);
}

/* On a walker without test_walk() each of them is refused. */
static void test_policies(bool has_test_walk)
{
	static const struct {
		uint32_t policy;
		int anon, pfnmap;
		const char *name;
	} policies[] = {
		{ PAGEWALK_PROBE_TEST_WALK_ALL, 0, 0, "policy walk" },
		{ PAGEWALK_PROBE_TEST_SKIP_PFNMAP, 0, 1, "policy skip_pfnmap" },
		{ PAGEWALK_PROBE_TEST_SKIP_HUGETLB, 0, 0,
		  "policy skip_hugetlb" },
		{ PAGEWALK_PROBE_TEST_SKIP_ALL, 1, 1, "policy skip_all" },
		{ PAGEWALK_PROBE_TEST_FAIL_PFNMAP, 0, -EINVAL,
		  "policy fail_pfnmap" },
	};
	size_t i;

	map(0, 4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	map(4, 4, MAP_SHARED, PAGEWALK_PROBE_MAP_FAULT);
	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct pagewalk_probe_trace arg = walk_of(0, 8, 0);
		int err;

		arg.test_walk = policies[i].policy;
		err = trace(&arg);
		ok(has_test_walk ?
		   !err && arg.nr_events == 2 &&
		   events[0].ret == policies[i].anon &&
		   events[1].ret == policies[i].pfnmap &&
		   events[0].callback == PAGEWALK_PROBE_TEST_WALK :
		   err == -EOPNOTSUPP, policies[i].name);
	}
	unmap(0, 8);
}

static void test_mappings(void)
{
	ok(map(0, 600, MAP_SHARED, PAGEWALK_PROBE_MAP_LINEAR) != MAP_FAILED &&
	   present_ptes(0, 600, 0) == 600, "linear is mapped throughout");
	unmap(0, 600);
	ok(refuses(4, MAP_PRIVATE, PAGEWALK_PROBE_MAP_LINEAR),
	   "linear is not copied on write");
	ok(refuses(4, MAP_SHARED, PAGEWALK_PROBE_NR_MAPS),
	   "an unknown kind is refused");

	ok(map(0, 8, MAP_SHARED, PAGEWALK_PROBE_MAP_FAULT) != MAP_FAILED &&
	   !present_ptes(0, 8, 0) &&
	   !populate(2, 3, 0, PAGEWALK_PROBE_WRITE) &&
	   present_ptes(0, 8, 0) == 3 && pages_follow(2, 3),
	   "PFNMAP by faults");
	unmap(0, 8);
	ok(map(0, 8, MAP_SHARED, PAGEWALK_PROBE_MAP_MIXED) != MAP_FAILED &&
	   !populate(2, 3, 0, PAGEWALK_PROBE_WRITE) && !populate(6, 1, 0, 0) &&
	   present_ptes(0, 8, 0) == 4 && pages_follow(2, 3),
	   "MIXEDMAP by faults");
	unmap(0, 8);
	ok(refuses(8, MAP_PRIVATE, PAGEWALK_PROBE_MAP_MIXED),
	   "MIXEDMAP is not copied on write");
}

static bool entry_changes(unsigned long page)
{
	struct pagewalk_probe_trace arg = walk_of(page, 1, BIT(PTE_ENTRY));
	uint64_t before;

	arg.entry_point = PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA;
	trace(&arg);
	before = events[0].before;
	if (populate(page, 1, 0, PAGEWALK_PROBE_WRITE))
		return false;
	trace(&arg);
	return before >> 12 != events[0].before >> 12;
}

static void test_cow(void)
{
	volatile char *memory = map(0, 512, MAP_PRIVATE, PAGEWALK_PROBE_MAP_COW);
	int pid;

	ok((void *)memory != MAP_FAILED && present_ptes(0, 512, 0) == 512,
	   "private is mapped throughout");
	ok(entry_changes(5) && !entry_changes(5), "private is copied on write");
	memory[9 * PAGE] = 'x';
	ok(memory[9 * PAGE] == 'x' && !memory[10 * PAGE],
	   "private is written by its process");
	pid = fork();
	if (!pid)
		for (;;)
			pause();
	ok(populate(20, 1, pid, PAGEWALK_PROBE_WRITE) == -EINVAL,
	   "private is not copied for another process");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	unmap(0, 512);
	ok(refuses(513, MAP_PRIVATE, PAGEWALK_PROBE_MAP_COW),
	   "private is of 2 MiB at most");
	ok(refuses(4, MAP_SHARED, PAGEWALK_PROBE_MAP_COW),
	   "private is not shared");
}

int main(int argc, char **argv)
{
	probe = open("/dev/pagewalk", O_RDWR);
	if (probe < 0) {
		perror("/dev/pagewalk");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	test_refusals();
	test_entry_points();
	test_stop_and_overflow();
	test_traces_in_one_call();
	test_policies(argc < 2 || strcmp(argv[1], "no-test-walk"));
	test_mappings();
	test_cow();
	printf("1..%d\n", tests);
	return 0;
}
