/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walks that are timed, counted and profiled, a row each. They walk pages
 * of a process, by the probe, by a read of a file in /proc/PID, or by a system
 * call.
 */
#ifndef WALKS_H
#define WALKS_H

#include <linux/pagewalk_probe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct walk_run;

struct walk {
	const char *name;	/* for a read, also the name of the file */
	const char *about;
	bool by_name;		/* is done only if it is asked for by its name */
	bool own;		/* only this process's memory can be walked */
	/* Walks by the probe have these callbacks. */
	uint32_t callbacks;
	/*
	 * Reads have this function, which returns a negative error number on
	 * failure. A read gives @size bytes at most, or if that is 0 an entry
	 * for each page, of the first WALK_ENTRIES at most. Or @per_vma is
	 * more, for each VMA. For a call, @size is that of the buffer.
	 */
	int64_t (*read)(const struct walk_run *run);
	/* System calls have this function, which fills in run->call. */
	void (*call)(struct walk_run *run);
	size_t size, per_vma;
};

#define WALK_ENTRIES	UINT64_C(131072)

static inline bool walk_is_by_probe(const struct walk *walk)
{
	return walk->callbacks;
}

/* A walk that changes what it walks is the last one. */
extern const struct walk walks[];
extern const size_t nr_walks;

/* Return the row of that name, or NULL. */
const struct walk *walk_find(const char *name);

struct walk_call {
	uint64_t number, args[6];
};

/* Pages of a process, and what a walk over them takes. */
struct walk_run {
	const struct walk *walk;
	int probe, pid;
	uint64_t start;		/* address of the first page */
	uint64_t pages;		/* the walk covers so many of the given pages */
	uint64_t vmas;		/* in them */
	int fd;			/* the file of a read or call, or -1 */
	void *buf;		/* the buffer for it */
	size_t size;
	struct walk_call call;
	/* The result of the last walks: */
	uint64_t calls;		/* of callbacks in one walk by the probe */
	int64_t ret;		/* of the last one; if not by the probe, the first error or 0 */
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
