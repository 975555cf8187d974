// SPDX-License-Identifier: GPL-2.0
/*
 * mm_regression, cases/mm/vma_vm_pfnmap, by the author of the series "pagewalk:
 * improve vma handling": a page of anonymous memory, one of VM_PFNMAP memory,
 * one of anonymous memory, and then a hole. It maps /dev/mem, and this maps the
 * probe, for the VM_PFNMAP page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "external/place.h"
#include "kernel/pagemap.h"
#include "kernel/probe.h"
#include "rules/rule.h"
#include "space/resident.h"

#define MOST	2	/* entries of a read */

/* Expected: whether each entry has a PFN. */
static const struct reading {
	uint64_t page, entries;
	bool has_pfn[MOST];
} readings[] = {
	{ 0, 1, { true } },
	{ 1, 1, { false } },
	{ 2, 1, { true } },
	{ 0, 2, { true, false } },
	{ 1, 2, { false, true } },
	{ 2, 2, { true, false } },
	{ 3, 2, { false, false } },
};

static void settle(struct resident *self, void *probe)
{
	(void)self;
	memset(place_anon(0, PAGE_SIZE), 'a', PAGE_SIZE);
	place_pfnmap(PAGE_SIZE, *(int *)probe);
	memset(place_anon(2 * PAGE_SIZE, PAGE_SIZE), 'a', PAGE_SIZE);
}

static void check_reading(struct check *check, int fd, const struct reading *r)
{
	uint64_t entries[MOST] = { 0 }, i;
	int64_t got = pagemap_read(fd, PLACE + r->page * PAGE_SIZE, entries,
				   r->entries);

	for (i = 0; i < r->entries; i++) {
		bool has_pfn = entries[i] & PM_PFN;

		check->checked++;
		if ((int64_t)i >= got)
			check_fail(check, "a read of %" PRIu64 " at +%" PRIu64 " gave %" PRId64,
				   r->entries, r->page, got);
		else if (has_pfn != r->has_pfn[i])
			check_fail(check, "a read of %" PRIu64 " at +%" PRIu64 ": entry %" PRIu64 " has %s PFN, expected %s",
				   r->entries, r->page, i, has_pfn ? "a" : "no",
				   r->has_pfn[i] ? "one" : "none");
	}
}

static void check_pagemap_file(struct check *check, int pid)
{
	int fd = open_proc(pid, "pagemap");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readings); i++)
		check_reading(check, fd, readings + i);
	close(fd);
}

static bool file_has_line(int pid, const char *name, const char *start)
{
	FILE *file = fdopen(open_proc(pid, name), "r");
	char line[256];
	bool found = false;

	while (!found && fgets(line, sizeof(line), file))
		found = !strncmp(line, start, strlen(start));
	fclose(file);
	return found;
}

/* The VM_PFNMAP area has to be listed. */
static void check_listed(struct check *check, int pid, const char *name)
{
	char start[20];

	snprintf(start, sizeof(start), "%" PRIx64, PLACE + PAGE_SIZE);
	check->checked++;
	if (!file_has_line(pid, name, start))
		check_fail(check, "%s has no line that begins with %s", name,
			   start);
}

static void check_numa_maps(struct rule_run *run, int pid)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/%d/numa_maps", pid);
	if (access(path, R_OK))
		rule_skip(run, "numa_maps", "the kernel has no CONFIG_NUMA");
	else
		check_listed(rule_case(run, "numa_maps"), pid, "numa_maps");
}

static void check_pfnmap(struct rule_run *run)
{
	struct resident resident;

	if (run->probe == NO_PROBE) {
		rule_skip(run, "all", NO_PROBE_HERE);
		return;
	}
	resident_start(&resident, settle, &run->probe);
	check_pagemap_file(rule_case(run, "pagemap"), resident.pid);
	check_listed(rule_case(run, "smaps"), resident.pid, "smaps");
	check_listed(rule_case(run, "maps"), resident.pid, "maps");
	check_numa_maps(run, resident.pid);
	resident_stop(&resident);
}

const struct rule external_pfnmap = {
	"mm_regression/vma_vm_pfnmap", "VM_PFNMAP", check_pfnmap
};
