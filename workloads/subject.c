// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "subject.h"
#include "util.h"

#define NR_HUGEPAGES	"/proc/sys/vm/nr_hugepages"

/* What the subject tells when it has mapped its regions, or could not. */
struct report {
	size_t region;
	int error;
};

static void *map_region(const struct layout *layout,
			const struct region *region, int probe)
{
	int flags = MAP_FIXED_NOREPLACE, fd = -1;

	/* A layout may well be larger than memory: reserve nothing. */
	if (region->kind == KIND_PFNMAP) {
		flags |= MAP_SHARED;
		fd = probe;
	} else {
		flags |= MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	}
	if (region->kind == KIND_HUGETLB)
		flags |= MAP_HUGETLB;
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

/* Have as many huge pages as the layout populates. */
static void set_huge_pages(const struct layout *layout, uint64_t huge)
{
	uint64_t got = 0;
	FILE *f = fopen(NR_HUGEPAGES, "r+e");

	if (!f)
		die("%s: %s: layout %s needs hugetlb in the kernel, and root",
		    NR_HUGEPAGES, strerror(errno), layout->name);
	setbuf(f, NULL);
	fprintf(f, "%" PRIu64 "\n", huge);
	rewind(f);
	if (fscanf(f, "%" SCNu64, &got) != 1 || got < huge)
		die("%s: got %" PRIu64 " huge pages, layout %s needs %" PRIu64 ": give the guest more memory",
		    NR_HUGEPAGES, got, layout->name, huge);
	fclose(f);
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
	uint64_t huge = layout_stats(layout).huge;
	size_t i;

	if (huge)
		set_huge_pages(layout, huge);
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
}
