// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <x86intrin.h>

#include "kernel/calls.h"
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

static int64_t read_rollup(const struct walk_run *run)
{
	ssize_t len = pread(run->fd, run->buf, run->size, 0);

	return len < 0 ? -errno : len;
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
	{ "smaps_rollup", "a read of /proc/PID/smaps_rollup",
	  .by_name = true, .read = read_rollup, .size = PAGE_SIZE },
	{ "pagemap_small", "1,024 reads of /proc/PID/pagemap, a page each",
	  .by_name = true, .call = call_pagemap_small,
	  .size = PAGEMAP_SMALL_SIZE },
	{ "pagemap_scan", "PAGEMAP_SCAN for present pages",
	  .by_name = true, .call = call_pagemap_scan,
	  .size = PAGEMAP_SCAN_SIZE },
	{ "mincore", "mincore() of the longest stretch without a hole",
	  .by_name = true, .own = true, .call = call_mincore,
	  .size = MINCORE_SIZE },
	{ "clear_refs", "a write of 1 to /proc/PID/clear_refs, not the first",
	  .by_name = true, .call = call_clear_refs, .size = CLEAR_REFS_SIZE },
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

	if (walk_is_by_probe(walk))
		return;
	if (!walk->size)
		run->pages = min_u64(run->pages, WALK_ENTRIES);
	run->size = walk->size ? walk->size : run->pages * sizeof(uint64_t);
	if (run->size < walk->per_vma * run->vmas)
		run->size = walk->per_vma * run->vmas;
	run->buf = map_populated(run->size);
	if (walk->call)
		walk->call(run);
	else
		run->fd = open_proc(run->pid, walk->name);
}

void walk_close(struct walk_run *run)
{
	if (walk_is_by_probe(run->walk))
		return;
	unmap_populated(run->buf, run->size);
	if (run->fd >= 0)
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

static int64_t make_call(const struct walk_call *call)
{
	const uint64_t *args = call->args;
	long got = syscall(call->number, args[0], args[1], args[2], args[3],
			   args[4], args[5]);

	return got < 0 ? -errno : got;
}

static int64_t walk_once(const struct walk_run *run)
{
	return run->walk->call ? make_call(&run->call) : run->walk->read(run);
}

static uint64_t walk_repeatedly(struct walk_run *run, uint64_t repeat)
{
	uint64_t begin = tsc();
	int64_t got;

	while (repeat--) {
		got = walk_once(run);
		if (got < 0 && !run->ret)
			run->ret = got;
	}
	return tsc() - begin;
}

void walk_repeat(struct walk_run *run, uint64_t parts, uint64_t repeat,
		 uint64_t *cycles)
{
	uint64_t i;

	if (walk_is_by_probe(run->walk)) {
		repeat_by_probe(run, parts, repeat, cycles);
		return;
	}
	run->ret = 0;
	for (i = 0; i < parts; i++)
		cycles[i] = walk_repeatedly(run, repeat);
}

static struct pagewalk_probe_count call_to_count(const struct walk_call *call)
{
	struct pagewalk_probe_count count = {
		.fd = -1,
		.flags = PAGEWALK_PROBE_CALL,
		.call = call->number,
	};

	memcpy(count.args, call->args, sizeof(count.args));
	return count;
}

struct pagewalk_probe_count walk_to_count(const struct walk_run *run)
{
	const struct walk *walk = run->walk;

	if (walk->call)
		return call_to_count(&run->call);
	if (walk_is_by_probe(walk))
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
