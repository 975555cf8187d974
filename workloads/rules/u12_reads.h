/* SPDX-License-Identifier: GPL-2.0 */
/* Reads of each kind, which succeed, are refused, or do not come to their end. */
#ifndef U12_READS_H
#define U12_READS_H

#include <stddef.h>
#include <stdint.h>

/* A file of /proc/PID, and how it is used. What is said does not matter. */
struct reads {
	const char *name;
	const char *file;
	int flags;
	/* Read into the memory at @said. */
	int64_t (*read)(int fd, void *said);
	/* Ask for what has to be refused; @said is nowhere in memory. */
	int64_t (*refused)(int fd, void *said);
};

extern const struct reads reads[];
extern const size_t nr_reads;

#define SAID_SIZE	(UINT64_C(16) << 12)

int reads_open(const struct reads *of, int pid);

#endif
