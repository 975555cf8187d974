// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>

#include "kernel/probe.h"
#include "kernel/util.h"

const char * const callback_names[PAGEWALK_PROBE_TEST_WALK + 1] = {
	[PAGEWALK_PROBE_PMD_ENTRY] = "pmd_entry",
	[PAGEWALK_PROBE_PTE_ENTRY] = "pte_entry",
	[PAGEWALK_PROBE_PTE_HOLE] = "pte_hole",
	[PAGEWALK_PROBE_HUGETLB_ENTRY] = "hugetlb_entry",
	[PAGEWALK_PROBE_PUD_ENTRY] = "pud_entry",
	[PAGEWALK_PROBE_P4D_ENTRY] = "p4d_entry",
	[PAGEWALK_PROBE_PGD_ENTRY] = "pgd_entry",
	[PAGEWALK_PROBE_PRE_VMA] = "pre_vma",
	[PAGEWALK_PROBE_POST_VMA] = "post_vma",
	[PAGEWALK_PROBE_TEST_WALK] = "test_walk",
};

const char * const policy_names[PAGEWALK_PROBE_NR_TESTS] = {
	[PAGEWALK_PROBE_TEST_NONE] = "none",
	[PAGEWALK_PROBE_TEST_WALK_ALL] = "walk",
	[PAGEWALK_PROBE_TEST_SKIP_PFNMAP] = "skip_pfnmap",
	[PAGEWALK_PROBE_TEST_SKIP_HUGETLB] = "skip_hugetlb",
	[PAGEWALK_PROBE_TEST_SKIP_ALL] = "skip_all",
	[PAGEWALK_PROBE_TEST_FAIL_PFNMAP] = "fail_pfnmap",
};

int name_find(const char * const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

int probe_find(void)
{
	return open(PROBE_DEVICE, O_RDWR | O_CLOEXEC);
}

int probe_open(void)
{
	int fd = probe_find();

	if (fd == NO_PROBE)
		die("%s: %s: this kernel has no probe (CONFIG_PAGEWALK_PROBE, series probe)",
		    PROBE_DEVICE, strerror(errno));
	return fd;
}

void probe_walk(int probe, struct pagewalk_probe_walk *walk)
{
	if (ioctl(probe, PAGEWALK_PROBE_WALK, walk))
		die("%s: walking 0x%" PRIx64 "-0x%" PRIx64 ": %s", PROBE_DEVICE,
		    (uint64_t)walk->start, (uint64_t)walk->end,
		    strerror(errno));
}

void probe_count(int probe, struct pagewalk_probe_count *arg)
{
	if (!ioctl(probe, PAGEWALK_PROBE_COUNT, arg))
		return;
	if (errno == EOPNOTSUPP)
		die("%s: a kernel with KASAN or lockdep cannot count instructions: take the release configuration",
		    PROBE_DEVICE);
	if (errno == EINTR)
		die("%s: counting instructions: a signal of the host came between: try again",
		    PROBE_DEVICE);
	die("%s: counting instructions: %s", PROBE_DEVICE, strerror(errno));
}

bool probe_has_test_walk(int probe)
{
	struct pagewalk_probe_trace trace = {
		.test_walk = PAGEWALK_PROBE_TEST_WALK_ALL,
	};

	return !ioctl(probe, PAGEWALK_PROBE_TRACE, &trace) ||
	       errno != EOPNOTSUPP;
}

void probe_traces(int probe, struct pagewalk_probe_trace *traces, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		traces[i].more = i + 1 < n;
	if (!n || !ioctl(probe, PAGEWALK_PROBE_TRACE, traces))
		return;
	if (errno == EOPNOTSUPP)
		die("%s: this kernel's walker has no test_walk()",
		    PROBE_DEVICE);
	die("%s: tracing %zu walks, the first of 0x%" PRIx64 "-0x%" PRIx64 ": %s",
	    PROBE_DEVICE, n, (uint64_t)traces->start, (uint64_t)traces->end,
	    strerror(errno));
}

static void populate(int probe, int pid, uint64_t start, uint64_t end,
		     uint64_t step, uint32_t flags)
{
	struct pagewalk_probe_populate arg = {
		.start = start,
		.end = end,
		.step = step,
		.pid = pid,
		.flags = flags,
	};

	if (ioctl(probe, PAGEWALK_PROBE_POPULATE, &arg))
		die("%s: populating 0x%" PRIx64 "-0x%" PRIx64 " ended after %" PRIu64 " pages: %s",
		    PROBE_DEVICE, start, end, (uint64_t)arg.populated,
		    strerror(errno));
}

void probe_populate(int probe, int pid, uint64_t start, uint64_t end,
		    uint64_t step)
{
	populate(probe, pid, start, end, step, PAGEWALK_PROBE_WRITE);
}

void probe_populate_read(int probe, int pid, uint64_t start, uint64_t end,
			 uint64_t step)
{
	populate(probe, pid, start, end, step, 0);
}
