/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walks that are timed, counted and profiled, a row each: over pages of a
 * process, by the probe or by a read of a file of /proc/PID.
 */
#ifndef WALKS_H
#define WALKS_H

#include <linux/pagewalk_probe.h>
#include <stddef.h>
#include <stdint.h>

struct walk_run;

struct walk {
	const char *name;	/* of a read: that of the file, too */
	const char *about;
	/* By the probe: which callbacks it has. */
	uint32_t callbacks;
	/*
	 * Or a read: returns a negative error number, or anything else. It
	 * gives @size bytes at most; 0: an entry for each page, of the first
	 * WALK_ENTRIES at most.
	 */
	int64_t (*read)(const struct walk_run *run);
	size_t size;
};

#define WALK_ENTRIES	UINT64_C(131072)

extern const struct walk walks[];
extern const size_t nr_walks;

/* The row of that name, or NULL. */
const struct walk *walk_find(const char *name);

/* Pages of a process, and what a walk over them takes. */
struct walk_run {
	const struct walk *walk;
	int probe, pid;
	uint64_t start;		/* address of the first page */
	uint64_t pages;		/* that the walk covers, of those it is given */
	int fd;			/* of a read: the file... */
	void *buf;		/* ...and where it goes */
	size_t size;
	/* What the last walks came to: */
	uint64_t calls;		/* of callbacks in one of them; 0: a read */
	int64_t ret;		/* of the last one; of reads, the first error or 0 */
};

/* Open what @run, which has all above fd, takes; die if that cannot be. */
void walk_open(struct walk_run *run);
void walk_close(struct walk_run *run);

/* Walk @parts times @repeat times; the TSC cycles of each part to @cycles. */
void walk_repeat(struct walk_run *run, uint64_t parts, uint64_t repeat,
		 uint64_t *cycles);

/* What the probe has to know to count the instructions of one walk. */
struct pagewalk_probe_count walk_to_count(const struct walk_run *run);

#endif
