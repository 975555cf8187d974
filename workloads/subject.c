// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "subject.h"
#include "util.h"

/* Not the file of that name in /proc/sys/vm, which leaves out surplus pages. */
#define NR_HUGEPAGES	"/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"

/* What the subject tells when it has mapped its regions, or could not. */
struct report {
	size_t region;
	int error;
};

static void *map_region(const struct layout *layout,
			const struct region *region, int probe)
{
	int flags = MAP_FIXED_NOREPLACE, fd = -1;

	if (region->kind == KIND_PFNMAP) {
		flags |= MAP_SHARED;
		fd = probe;
	} else {
		flags |= MAP_PRIVATE | MAP_ANONYMOUS;
	}
	if (region->kind == KIND_HUGETLB)
		flags |= MAP_HUGETLB;
	/*
	 * A layout may well be larger than memory: reserve what is populated.
	 * Walkers lock hugetlb VMAs that have a reservation, and others not.
	 */
	if (region->kind == KIND_ANON || region->step != 1)
		flags |= MAP_NORESERVE;
	return mmap((void *)layout_address(layout, region->start),
		    region->pages * PAGE_SIZE, PROT_READ | PROT_WRITE, flags,
		    fd, 0);
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

static void subject_live(const struct layout *layout, int probe, int reports,
			 int lifeline)
{
	struct report report = map_layout(layout, probe);
	char end;

	if (write(reports, &report, sizeof(report)) == sizeof(report) &&
	    !report.error)
		while (read(lifeline, &end, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

static void populate_region(const struct subject *subject,
			    const struct layout *layout,
			    const struct region *region, int probe)
{
	uint64_t size = region_unit(region) * PAGE_SIZE;
	uint64_t start = layout_address(layout, region->start);
	uint64_t step = region->step * size;

	if (!region_populated(region))
		return;
	probe_populate(probe, subject->pid, start + region->first * size,
		       start + region->pages * PAGE_SIZE,
		       step == PAGE_SIZE ? 0 : step);
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

static void subject_fork(struct subject *subject, const struct layout *layout,
			 int probe)
{
	int lifeline[2], reports[2];

	if (pipe2(lifeline, O_CLOEXEC) || pipe2(reports, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	fflush(NULL);
	subject->pid = fork();
	if (subject->pid < 0)
		die("fork: %s", strerror(errno));
	if (!subject->pid) {
		close(lifeline[1]);
		subject_live(layout, probe, reports[1], lifeline[0]);
	}
	close(lifeline[0]);
	close(reports[1]);
	subject->lifeline = lifeline[1];
	subject_wait_mapped(layout, reports[0]);
	close(reports[0]);
}

void subject_start(struct subject *subject, const struct layout *layout,
		   int probe)
{
	size_t i;

	subject_take_huge_pages(subject, layout);
	subject_fork(subject, layout, probe);
	for (i = 0; i < layout->nr_regions; i++)
		populate_region(subject, layout, layout->regions + i, probe);
}

void subject_stop(struct subject *subject)
{
	kill(subject->pid, SIGKILL);
	while (waitpid(subject->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(subject->lifeline);
	if (subject->has_pool)
		huge_pages_restore(subject->pool_before);
}
