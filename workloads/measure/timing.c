// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "kernel/pagemap.h"
#include "kernel/probe.h"
#include "kernel/smaps.h"
#include "kernel/turn.h"
#include "kernel/util.h"
#include "measure/timing.h"
#include "out/records.h"

/*
 * A sample has parts. Walks are repeated until a part takes about this many
 * TSC cycles: 20 to 50 us with a TSC of 2 to 5 GHz, a thousand times the grain
 * of the TSC, and so short that what disturbs the CPU leaves most parts alone.
 * A sample takes a millisecond or two, or a single walk.
 */
#define PART_CYCLES	UINT64_C(100000)
#define SAMPLE_CYCLES	UINT64_C(5000000)
#define MAX_PARTS	50

#define TRIALS	6	/* to find how long a single walk takes */

static uint64_t repeat_for(uint64_t cycles)
{
	uint64_t repeat = PART_CYCLES / (cycles ? cycles : 1);

	return repeat ? min_u64(repeat, PAGEWALK_PROBE_MAX_REPEAT) : 1;
}

/* How many parts of @cycles each make a sample. */
static unsigned int parts_for(uint64_t cycles)
{
	uint64_t parts = SAMPLE_CYCLES / (cycles ? cycles : 1);

	return parts ? min_u64(parts, MAX_PARTS) : 1;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sum_up(struct sample *sample, uint64_t *parts, unsigned int nr)
{
	unsigned int i;

	sample->parts = nr;
	qsort(parts, nr, sizeof(*parts), by_value);
	sample->cycles = parts[nr / 10];
	sample->mean = 0;
	for (i = 0; i < nr; i++)
		sample->mean += parts[i];
	sample->mean /= nr;
}

static uint64_t least(const uint64_t *values, unsigned int n)
{
	uint64_t min = values[0];

	while (n--)
		min = min_u64(min, values[n]);
	return min;
}

static uint64_t total_calls(const struct pagewalk_probe_walk *walk)
{
	uint64_t calls = 0;
	size_t i;

	for (i = 0; i < PAGEWALK_PROBE_NR_CALLBACKS; i++)
		calls += walk->calls[i];
	return calls;
}

/*
 * Samples begin with a round. The one before has a turn for trials, and one
 * that is like a sample's but for the timed walks, the bare turn: what an event
 * of the host counts in it belongs to no walk.
 */
_Static_assert(ROUND_TURNS == 2, "a turn for trials, and the bare one");

static uint64_t probe_cycles(int probe, struct pagewalk_probe_walk *walk)
{
	uint64_t cycles[TRIALS];

	walk->repeat = 1;
	walk->samples = TRIALS;
	walk->cycles = (uintptr_t)cycles;
	turn_take();
	probe_walk(probe, walk);
	return least(cycles, TRIALS);
}

/* The probe counts calls in a walk of its own, which is in a sample's turn. */
static int64_t probe_bare_turn(int probe, struct pagewalk_probe_walk *walk)
{
	int64_t turn = turn_take();

	walk->samples = 0;
	probe_walk(probe, walk);
	return turn;
}

void time_probe(const struct layout *layout, int pid, int probe,
		const struct walk_kind *kind, unsigned int samples)
{
	struct sample sample = { .walk = kind->name, .pages = layout->pages };
	uint64_t parts[MAX_PARTS], cycles;
	struct pagewalk_probe_walk walk = {
		.start = layout->base,
		.end = layout_end(layout),
		.pid = pid,
		.callbacks = kind->callbacks,
	};

	cycles = probe_cycles(probe, &walk);
	sample.bare_turn = probe_bare_turn(probe, &walk);
	walk.repeat = repeat_for(cycles);
	walk.samples = parts_for(walk.repeat * cycles);
	walk.cycles = (uintptr_t)parts;
	sample.repeat = walk.repeat;
	while (samples--) {
		sample.turn = turn_take();
		probe_walk(probe, &walk);
		sum_up(&sample, parts, walk.samples);
		sample.calls = total_calls(&walk);
		sample.ret = walk.result;
		record_sample(layout->name, &sample);
	}
}

static uint64_t tsc(void)
{
	_mm_lfence();
	return __rdtsc();
}

static int64_t read_smaps(const struct proc_read *file)
{
	return smaps_read(file->fd, file->buf, SMAPS_SIZE_MAX);
}

static int64_t read_pagemap(const struct proc_read *file)
{
	return pagemap_read(file->fd, file->start, file->buf, file->pages);
}

/* The cycles of some reads, and in @ret the first error of one, if any. */
static uint64_t time_reads(const struct proc_read *file, uint64_t repeat,
			   int64_t *ret)
{
	uint64_t begin, i;
	int64_t got;

	begin = tsc();
	for (i = 0; i < repeat; i++) {
		got = file->read(file);
		if (got < 0 && !*ret)
			*ret = got;
	}
	return tsc() - begin;
}

static uint64_t read_cycles(const struct proc_read *file)
{
	uint64_t cycles[TRIALS];
	int64_t ret = 0;
	int i;

	turn_take();
	for (i = 0; i < TRIALS; i++)
		cycles[i] = time_reads(file, 1, &ret);
	return least(cycles, TRIALS);
}

void time_read(const struct layout *layout, const struct proc_read *file,
	       unsigned int samples)
{
	struct sample sample = { .walk = file->name, .pages = file->pages };
	uint64_t cycles = read_cycles(file), parts[MAX_PARTS];
	unsigned int i, nr;

	sample.bare_turn = turn_take();
	sample.repeat = repeat_for(cycles);
	nr = parts_for(sample.repeat * cycles);
	while (samples--) {
		sample.ret = 0;
		sample.turn = turn_take();
		for (i = 0; i < nr; i++)
			parts[i] = time_reads(file, sample.repeat, &sample.ret);
		sum_up(&sample, parts, nr);
		record_sample(layout->name, &sample);
	}
}

void time_file(const struct layout *layout, int pid, struct proc_read *file,
	       size_t size, unsigned int samples)
{
	file->fd = open_proc(pid, file->name);
	file->buf = map_populated(size);
	time_read(layout, file, samples);
	unmap_populated(file->buf, size);
	close(file->fd);
}

static void time_smaps(const struct layout *layout, int pid, unsigned int samples)
{
	struct proc_read file = {
		.name = "smaps",
		.pages = layout->pages,
		.read = read_smaps,
	};

	time_file(layout, pid, &file, SMAPS_SIZE_MAX, samples);
}

static void time_pagemap(const struct layout *layout, int pid,
			 unsigned int samples)
{
	struct proc_read file = {
		.name = "pagemap",
		.start = layout->base,
		.pages = min_u64(layout->pages, PAGEMAP_WINDOW),
		.read = read_pagemap,
	};

	time_file(layout, pid, &file, file.pages * sizeof(uint64_t), samples);
}

static const char *walk_name(size_t i)
{
	if (i < nr_walk_kinds)
		return walk_kinds[i].name;
	return i == nr_walk_kinds ? "smaps" : "pagemap";
}

uint32_t time_bit(const char *name)
{
	size_t i;

	for (i = 0; i < nr_walk_kinds + 2; i++)
		if (!strcmp(name, walk_name(i)))
			return 1U << i;
	die("no walk %s: there are pmd_entry, pte_entry, pte_hole, smaps and pagemap",
	    name);
}

uint32_t time_parse(char *names)
{
	uint32_t walks = 0;
	char *name;

	for (name = strtok(names, ","); name; name = strtok(NULL, ","))
		walks |= time_bit(name);
	return walks;
}

void time_walks(const struct layout *layout, int pid, int probe,
		uint32_t walks, unsigned int samples)
{
	size_t i;

	for (i = 0; i < nr_walk_kinds; i++)
		if (walks & 1U << i)
			time_probe(layout, pid, probe, walk_kinds + i, samples);
	if (walks & time_bit("smaps"))
		time_smaps(layout, pid, samples);
	if (walks & time_bit("pagemap"))
		time_pagemap(layout, pid, samples);
}
