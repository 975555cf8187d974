// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "kernel/pagemap.h"
#include "kernel/probe.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "kernel/walks.h"

static int64_t read_smaps(const struct walk_run *run)
{
	return smaps_read(run->fd, run->buf, run->size);
}

static int64_t read_pagemap(const struct walk_run *run)
{
	return pagemap_read(run->fd, run->start, run->buf, run->pages);
}

/*
 * All walks by the probe have hugetlb_entry(): without it some walkers take a
 * huge page for a corrupt table and clear it. None has only pte_hole(): without
 * an entry callback a walk does not go below the top-level table.
 */
const struct walk walks[] = {
	{ "pmd_entry", "walk_page_range() with pmd_entry: never reaches a PTE",
	  .callbacks = CALLBACK_BIT(HUGETLB_ENTRY) | CALLBACK_BIT(PMD_ENTRY) },
	{ "pte_entry", "walk_page_range() with pte_entry",
	  .callbacks = CALLBACK_BIT(HUGETLB_ENTRY) | CALLBACK_BIT(PTE_ENTRY) },
	{ "pte_hole", "walk_page_range() with pte_entry and pte_hole",
	  .callbacks = CALLBACK_BIT(HUGETLB_ENTRY) | CALLBACK_BIT(PTE_ENTRY) |
		       CALLBACK_BIT(PTE_HOLE) },
	{ "smaps", "a read of all of /proc/PID/smaps", .read = read_smaps,
	  .size = SMAPS_SIZE_MAX, .per_vma = SMAPS_VMA_MAX },
	{ "pagemap", "a read of /proc/PID/pagemap over the first 512 MiB",
	  .read = read_pagemap },
};

const size_t nr_walks = ARRAY_SIZE(walks);

const struct walk *walk_find(const char *name)
{
	size_t i;

	for (i = 0; i < nr_walks; i++)
		if (!strcmp(walks[i].name, name))
			return walks + i;
	return NULL;
}

void walk_open(struct walk_run *run)
{
	const struct walk *walk = run->walk;

	if (!walk->read)
		return;
	if (!walk->size)
		run->pages = min_u64(run->pages, WALK_ENTRIES);
	run->size = walk->size ? walk->size : run->pages * sizeof(uint64_t);
	if (run->size < walk->per_vma * run->vmas)
		run->size = walk->per_vma * run->vmas;
	run->fd = open_proc(run->pid, walk->name);
	run->buf = map_populated(run->size);
}

void walk_close(struct walk_run *run)
{
	if (!run->walk->read)
		return;
	unmap_populated(run->buf, run->size);
	close(run->fd);
}

/* Without parts, the probe makes a single walk and counts its calls. */
static void repeat_by_probe(struct walk_run *run, uint64_t parts,
			    uint64_t repeat, uint64_t *cycles)
{
	struct pagewalk_probe_walk walk = {
		.start = run->start,
		.end = run->start + run->pages * PAGE_SIZE,
		.pid = run->pid,
		.callbacks = run->walk->callbacks,
		.samples = parts,
		.repeat = repeat,
		.cycles = (uintptr_t)cycles,
	};
	int i;

	probe_walk(run->probe, &walk);
	run->ret = walk.result;
	run->calls = 0;
	for (i = 0; i < PAGEWALK_PROBE_NR_CALLBACKS; i++)
		run->calls += walk.calls[i];
}

static uint64_t tsc(void)
{
	_mm_lfence();
	return __rdtsc();
}

static uint64_t read_repeatedly(struct walk_run *run, uint64_t repeat)
{
	uint64_t begin = tsc();
	int64_t got;

	while (repeat--) {
		got = run->walk->read(run);
		if (got < 0 && !run->ret)
			run->ret = got;
	}
	return tsc() - begin;
}

void walk_repeat(struct walk_run *run, uint64_t parts, uint64_t repeat,
		 uint64_t *cycles)
{
	uint64_t i;

	if (!run->walk->read) {
		repeat_by_probe(run, parts, repeat, cycles);
		return;
	}
	run->ret = 0;
	for (i = 0; i < parts; i++)
		cycles[i] = read_repeatedly(run, repeat);
}

struct pagewalk_probe_count walk_to_count(const struct walk_run *run)
{
	const struct walk *walk = run->walk;

	if (!walk->read)
		return (struct pagewalk_probe_count){
			.start = run->start,
			.end = run->start + run->pages * PAGE_SIZE,
			.pid = run->pid,
			.callbacks = walk->callbacks,
			.fd = -1,
		};
	return (struct pagewalk_probe_count){
		.pid = run->pid,
		.fd = run->fd,
		.offset = walk->size ? 0 : pagemap_offset(run->start),
		.buffer = (uintptr_t)run->buf,
		.size = run->size,
	};
}
