/* SPDX-License-Identifier: GPL-2.0 */
/* Timed walks over a subject, recorded as samples. */
#ifndef TIMING_H
#define TIMING_H

#include <stdint.h>

#include "kernel/probe.h"
#include "space/layout.h"

#define TIME_ALL	UINT32_MAX

/* The bit of a walk, or die: there is none of that name. */
uint32_t time_bit(const char *name);

/* The walks, a bit each, that are named with commas between. */
uint32_t time_parse(char *names);

/*
 * Take @samples samples of each of @walks, each in a turn of its own. What
 * disturbs a walk, an interrupt, a cold cache, another process, makes it
 * slower, never faster. So a sample has many short parts, and its cycles are
 * those of the part that a tenth of them are faster than: close to the time
 * without disturbance, and no single lucky one. How much longer its parts are
 * on average tells how much the walks were disturbed.
 *
 * pmd_entry, pte_entry, pte_hole	by the probe, see probe.h
 * smaps	the whole of /proc/PID/smaps
 * pagemap	/proc/PID/pagemap over the first 512 MiB of the layout, or all
 *		of it if it is smaller
 */
void time_walks(const struct layout *layout, int pid, int probe,
		uint32_t walks, unsigned int samples);

/* The same of one walk by the probe. */
void time_probe(const struct layout *layout, int pid, int probe,
		const struct walk_kind *kind, unsigned int samples);

/* Something that is read again and again, a file of /proc/PID above all. */
struct proc_read {
	const char *name;
	int fd;
	void *buf;
	uint64_t start;		/* pagemap: address of the first page */
	uint64_t pages;		/* that the read is about */
	/* Returns a negative error number, or anything else. */
	int64_t (*read)(const struct proc_read *file);
};

/* The same of it. */
void time_read(const struct layout *layout, const struct proc_read *file,
	       unsigned int samples);

/* The same of the file of /proc/@pid that it is named for, @size bytes at most. */
void time_file(const struct layout *layout, int pid, struct proc_read *file,
	       size_t size, unsigned int samples);

#endif
