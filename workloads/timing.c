// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>
#include <x86intrin.h>

#include "pagemap.h"
#include "probe.h"
#include "records.h"
#include "smaps.h"
#include "timing.h"
#include "util.h"

/*
 * Walks are repeated until a sample takes about this many TSC cycles: 0.5 to
 * 1.5 ms with a TSC of 2 to 5 GHz, far above the grain of any clock, and short
 * enough that the host's scheduler leaves most samples alone.
 */
#define SAMPLE_CYCLES	UINT64_C(2500000)

#define TRIALS	3	/* to find how long a single walk takes */

static uint64_t repeat_for(uint64_t cycles)
{
	uint64_t repeat = SAMPLE_CYCLES / (cycles ? cycles : 1);

	return repeat ? min_u64(repeat, PAGEWALK_PROBE_MAX_REPEAT) : 1;
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

static void time_probe(const struct layout *layout, int pid, int probe,
		       const struct walk_kind *kind, uint64_t *cycles,
		       unsigned int samples)
{
	struct pagewalk_probe_walk walk = {
		.start = layout->base,
		.end = layout_end(layout),
		.pid = pid,
		.callbacks = kind->callbacks,
		.samples = TRIALS,
		.repeat = 1,
		.cycles = (uintptr_t)cycles,
	};
	unsigned int i;

	probe_walk(probe, &walk);
	walk.repeat = repeat_for(least(cycles, TRIALS));
	walk.samples = samples;
	probe_walk(probe, &walk);
	for (i = 0; i < samples; i++) {
		struct sample sample = {
			.walk = kind->name,
			.cycles = cycles[i],
			.repeat = walk.repeat,
			.pages = layout->pages,
			.calls = total_calls(&walk),
			.ret = walk.result,
		};

		record_sample(layout, &sample);
	}
}

static uint64_t tsc(void)
{
	_mm_lfence();
	return __rdtsc();
}

/* A file of /proc/PID that is read again and again. */
struct proc_read {
	const char *name;
	int fd;
	void *buf;
	uint64_t start;		/* pagemap: address of the first page */
	uint64_t pages;		/* that the read is about */
	int64_t (*read)(const struct proc_read *file);
};

static int64_t read_smaps(const struct proc_read *file)
{
	return smaps_read(file->fd, file->buf, SMAPS_SIZE_MAX);
}

static int64_t read_pagemap(const struct proc_read *file)
{
	return pagemap_read(file->fd, file->start, file->buf, file->pages);
}

/* One sample: its cycles, and in @ret the first error of a read, or 0. */
static uint64_t sample_read(const struct proc_read *file, uint64_t repeat,
			    int64_t *ret)
{
	uint64_t begin, i;
	int64_t got;

	*ret = 0;
	begin = tsc();
	for (i = 0; i < repeat; i++) {
		got = file->read(file);
		if (got < 0 && !*ret)
			*ret = got;
	}
	return tsc() - begin;
}

static void time_read(const struct layout *layout,
		      const struct proc_read *file, uint64_t *cycles,
		      unsigned int samples)
{
	struct sample sample = { .walk = file->name, .pages = file->pages };
	unsigned int i;

	for (i = 0; i < TRIALS; i++)
		cycles[i] = sample_read(file, 1, &sample.ret);
	sample.repeat = repeat_for(least(cycles, TRIALS));
	for (i = 0; i < samples; i++) {
		sample.cycles = sample_read(file, sample.repeat, &sample.ret);
		record_sample(layout, &sample);
	}
}

static void time_smaps(const struct layout *layout, int pid, uint64_t *cycles,
		       unsigned int samples)
{
	struct proc_read file = {
		.name = "smaps",
		.fd = open_proc(pid, "smaps"),
		.buf = map_populated(SMAPS_SIZE_MAX),
		.pages = layout->pages,
		.read = read_smaps,
	};

	time_read(layout, &file, cycles, samples);
	unmap_populated(file.buf, SMAPS_SIZE_MAX);
	close(file.fd);
}

static void time_pagemap(const struct layout *layout, int pid,
			 uint64_t *cycles, unsigned int samples)
{
	uint64_t pages = min_u64(layout->pages, PAGEMAP_WINDOW);
	struct proc_read file = {
		.name = "pagemap",
		.fd = open_proc(pid, "pagemap"),
		.buf = map_populated(pages * sizeof(uint64_t)),
		.start = layout->base,
		.pages = pages,
		.read = read_pagemap,
	};

	time_read(layout, &file, cycles, samples);
	unmap_populated(file.buf, pages * sizeof(uint64_t));
	close(file.fd);
}

void time_walks(const struct layout *layout, int pid, int probe,
		unsigned int samples)
{
	unsigned int room = samples > TRIALS ? samples : TRIALS;
	uint64_t *cycles = map_populated(room * sizeof(*cycles));
	size_t i;

	for (i = 0; i < nr_walk_kinds; i++)
		time_probe(layout, pid, probe, walk_kinds + i, cycles, samples);
	time_smaps(layout, pid, cycles, samples);
	time_pagemap(layout, pid, cycles, samples);
	unmap_populated(cycles, room * sizeof(*cycles));
}
