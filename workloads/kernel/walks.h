/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walks that are timed, counted and profiled, a row each. They walk pages
 * of a process, by the probe or by a read of a file in /proc/PID.
 */
#ifndef WALKS_H
#define WALKS_H

#include <linux/pagewalk_probe.h>
#include <stddef.h>
#include <stdint.h>

struct walk_run;

struct walk {
	const char *name;	/* for a read, also the name of the file */
	const char *about;
	/* Walks by the probe have these callbacks. */
	uint32_t callbacks;
	/*
	 * Reads have this function, which returns a negative error number on
	 * failure. A read gives @size bytes at most, or if that is 0 an entry
	 * for each page, of the first WALK_ENTRIES at most. Or @per_vma is
	 * more, for each VMA.
	 */
	int64_t (*read)(const struct walk_run *run);
	size_t size, per_vma;
};

#define WALK_ENTRIES	UINT64_C(131072)

extern const struct walk walks[];
extern const size_t nr_walks;

/* Return the row of that name, or NULL. */
const struct walk *walk_find(const char *name);

/* Pages of a process, and what a walk over them takes. */
struct walk_run {
	const struct walk *walk;
	int probe, pid;
	uint64_t start;		/* address of the first page */
	uint64_t pages;		/* the walk covers so many of the given pages */
	uint64_t vmas;		/* in them */
	int fd;			/* the file of a read... */
	void *buf;		/* ...and the buffer for it */
	size_t size;
	/* The result of the last walks: */
	uint64_t calls;		/* of callbacks in one walk; 0 for a read */
	int64_t ret;		/* of the last one; of reads, the first error or 0 */
};

/* Open what @run needs, which has all fields above fd; die if it fails. */
void walk_open(struct walk_run *run);
void walk_close(struct walk_run *run);

/* Walk @parts times @repeat times; put TSC cycles of each part to @cycles. */
void walk_repeat(struct walk_run *run, uint64_t parts, uint64_t repeat,
		 uint64_t *cycles);

/* Return what the probe needs to count the instructions of one walk. */
struct pagewalk_probe_count walk_to_count(const struct walk_run *run);

#endif
