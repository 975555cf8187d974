// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "space/subject.h"

/* Not the file of that name in /proc/sys/vm, which leaves out surplus pages. */
#define NR_HUGEPAGES	"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

/* What the subject tells when it has mapped its regions, or could not. */
struct report {
	size_t region;
	int error;
};

/* The offset at which the probe gives memory of a kind, or -1. */
static int64_t probe_offset(enum kind kind)
{
	switch (kind) {
	case KIND_PFNMAP:
		return PAGEWALK_PROBE_MAP_LINEAR * PAGE_SIZE;
	case KIND_PFNMAP_COW:
		return PAGEWALK_PROBE_MAP_COW * PAGE_SIZE;
	case KIND_PFNMAP_FAULT:
		return PAGEWALK_PROBE_MAP_FAULT * PAGE_SIZE;
	case KIND_MIXEDMAP:
		return PAGEWALK_PROBE_MAP_MIXED * PAGE_SIZE;
	default:
		return -1;
	}
}

static void *map_region(const struct layout *layout,
			const struct region *region, int probe)
{
	int64_t offset = probe_offset(region->kind);
	int flags = MAP_FIXED_NOREPLACE, prot = PROT_READ;

	flags |= offset < 0 ? MAP_PRIVATE | MAP_ANONYMOUS :
		 region->kind == KIND_PFNMAP_COW ? MAP_PRIVATE : MAP_SHARED;
	if (region->kind == KIND_HUGETLB)
		flags |= MAP_HUGETLB;
	if (region->kind != KIND_ZERO)
		prot |= PROT_WRITE;
	/*
	 * A layout may well be larger than memory: reserve what is populated.
	 * Walkers lock hugetlb VMAs that have a reservation, and others not.
	 */
	if (region->kind == KIND_ANON || region->step != 1)
		flags |= MAP_NORESERVE;
	return mmap((void *)layout_address(layout, region->start),
		    region->pages * PAGE_SIZE, prot, flags,
		    offset < 0 ? -1 : probe, offset < 0 ? 0 : offset);
}

static struct report map_layout(const struct layout *layout, int probe)
{
	struct report report = { 0 };

	for (; report.region < layout->nr_regions; report.region++) {
		if (map_region(layout, layout->regions + report.region,
			       probe) == MAP_FAILED) {
			report.error = errno;
			break;
		}
	}
	return report;
}

/* Some kinds only a process itself can populate. */
static bool is_populated_inside(enum kind kind)
{
	return kind == KIND_PFNMAP_COW || kind == KIND_POISONED;
}

static void populate_region(int pid, const struct layout *layout,
			    const struct region *region, int probe)
{
	uint64_t size = region_unit(region) * PAGE_SIZE;
	uint64_t first = layout_address(layout, region->start) +
			 region->first * size;
	uint64_t end = layout_address(layout, region->start + region->pages);
	uint64_t step = region->step * size;

	if (!region_populated(region))
		return;
	if (step == PAGE_SIZE)
		step = 0;
	if (region->kind == KIND_ZERO)
		probe_populate_read(probe, pid, first, end, step);
	else
		probe_populate(probe, pid, first, end, step);
}

/* Of Linux 6.6: a host's header may be older. */
struct poison {
	struct uffdio_range range;
	uint64_t mode;
	int64_t updated;
};

#define POISON	_IOWR(UFFDIO, 0x08, struct poison)

static void poison_page(int fd, uint64_t address)
{
	struct poison poison = { .range = { address, PAGE_SIZE } };

	if (ioctl(fd, POISON, &poison))
		die("UFFDIO_POISON: %s: it needs Linux 6.6 with CONFIG_USERFAULTFD",
		    strerror(errno));
}

static void poison_region(const struct layout *layout,
			  const struct region *region)
{
	uint64_t start = layout_address(layout, region->start);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { start, region->pages * PAGE_SIZE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	uint64_t page;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) ||
	    ioctl(fd, UFFDIO_REGISTER, &range))
		die("userfaultfd: %s", strerror(errno));
	for (page = region->first; page < region->pages; page += region->step)
		poison_page(fd, start + page * PAGE_SIZE);
	close(fd);
}

static void populate_inside(const struct layout *layout, int probe)
{
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (region->kind == KIND_POISONED)
			poison_region(layout, region);
		else if (is_populated_inside(region->kind))
			populate_region(0, layout, region, probe);
	}
}

/* Unmap the stack and what lies above, so that a layout may be the last. */
static void unmap_from_stack(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	uint64_t start, end, stack = 0;
	char line[256];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		if (strstr(line, "[stack]"))
			stack = start;
	}
	if (!stack || munmap((void *)stack, end - stack))
		die("/proc/self/maps: no stack to unmap");
	fclose(maps);
}

/* What the subject needs to know where there is no stack of its parent. */
static struct life {
	struct layout layout;
	int probe, reports;
} life;

/*
 * Told to stop, the subject does not return to user space from the system call
 * that it stops itself with. Sleeping in a read() is not enough: the parent may
 * run, and populate, before the subject has come that far.
 */
static int subject_live(void *unused)
{
	struct report report;

	(void)unused;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unmap_from_stack();
	report = map_layout(&life.layout, life.probe);
	if (!report.error)
		populate_inside(&life.layout, life.probe);
	if (write(life.reports, &report, sizeof(report)) == sizeof(report) &&
	    !report.error)
		kill(getpid(), SIGSTOP);
	_exit(0);
}

/* A file of one number gives a number in one read from its start, or not. */
static uint64_t read_number(int fd)
{
	char text[32] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("%s: %s", NR_HUGEPAGES, strerror(errno));
	return strtoull(text, NULL, 10);
}

static int open_pool(void)
{
	int fd = open(NR_HUGEPAGES, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s: the layout needs hugetlb in the kernel, and root",
		    NR_HUGEPAGES, strerror(errno));
	return fd;
}

uint64_t huge_pages_add(uint64_t huge)
{
	int fd = open_pool();
	uint64_t had = read_number(fd), got;

	/* Those that it had may be lost to a walk that went wrong. */
	dprintf(fd, "%" PRIu64 "\n", had + huge);
	got = read_number(fd);
	close(fd);
	if (got < had + huge)
		die("%s: got %" PRIu64 " huge pages more, %" PRIu64 " are needed: give the guest more memory",
		    NR_HUGEPAGES, got - had, huge);
	return had;
}

void huge_pages_restore(uint64_t had)
{
	int fd = open_pool();

	dprintf(fd, "%" PRIu64 "\n", had);
	close(fd);
}

/* Have as many huge pages as the layout populates. */
static void subject_take_huge_pages(struct subject *subject,
				    const struct layout *layout)
{
	uint64_t huge = layout_stats(layout).huge;

	subject->has_pool = huge;
	if (huge)
		subject->pool_before = huge_pages_add(huge);
}

static void subject_wait_mapped(const struct layout *layout, int reports)
{
	struct report report;
	const struct region *region;

	if (read(reports, &report, sizeof(report)) != sizeof(report))
		die("layout %s: the process that maps it died", layout->name);
	if (!report.error)
		return;
	region = layout->regions + report.region;
	die("layout %s: cannot map region %zu (%s, %" PRIu64 " pages at 0x%" PRIx64 "): %s",
	    layout->name, report.region, kind_name(region->kind), region->pages,
	    layout_address(layout, region->start), strerror(report.error));
}

static void subject_wait_stopped(const struct subject *subject,
				 const struct layout *layout)
{
	int status = 0;

	while (waitpid(subject->pid, &status, WUNTRACED) < 0 && errno == EINTR)
		;
	if (!WIFSTOPPED(status))
		die("layout %s: the process that mapped it did not stop",
		    layout->name);
}

static void subject_fork(struct subject *subject, const struct layout *layout,
			 int probe)
{
	static char stack[65536] __attribute__((aligned(16)));
	int reports[2];

	if (pipe2(reports, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	fflush(NULL);
	life = (struct life){ *layout, probe, reports[1] };
	subject->pid = clone(subject_live, stack + sizeof(stack), SIGCHLD,
			     NULL);
	if (subject->pid < 0)
		die("clone: %s", strerror(errno));
	close(reports[1]);
	subject_wait_mapped(layout, reports[0]);
	close(reports[0]);
	subject_wait_stopped(subject, layout);
}

void subject_start(struct subject *subject, const struct layout *layout,
		   int probe)
{
	size_t i;

	subject->layout = layout;
	subject->probe = probe;
	subject_take_huge_pages(subject, layout);
	subject_fork(subject, layout, probe);
	for (i = 0; i < layout->nr_regions; i++)
		if (!is_populated_inside(layout->regions[i].kind))
			populate_region(subject->pid, layout,
					layout->regions + i, probe);
}

void subject_stop(struct subject *subject)
{
	kill(subject->pid, SIGKILL);
	while (waitpid(subject->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (subject->has_pool)
		huge_pages_restore(subject->pool_before);
}

struct walk_run subject_walk(const struct subject *subject,
			     const struct walk *walk)
{
	struct walk_run run = {
		.walk = walk,
		.probe = subject->probe,
		.pid = subject->pid,
		.start = subject->layout->base,
		.pages = subject->layout->pages,
	};

	walk_open(&run);
	return run;
}

/* Page tables are freed by top-level entries: the end is at one. */
uint64_t address_space_end(void)
{
	uint64_t top = TOP_PAGES * PAGE_SIZE, low = 0, high = 1 << 17;

	while (high - low > 1) {
		uint64_t mid = (low + high) / 2;
		void *got = mmap((void *)(mid * top), PAGE_SIZE, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS |
				 MAP_FIXED_NOREPLACE, -1, 0);

		if (got == MAP_FAILED && errno == ENOMEM) {
			high = mid;
			continue;
		}
		if (got != MAP_FAILED)
			munmap(got, PAGE_SIZE);
		low = mid;
	}
	return high * top;
}
