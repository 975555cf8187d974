/* SPDX-License-Identifier: GPL-2.0 */
/* fio, and the process that does its I/O. */
#ifndef FIO_H
#define FIO_H

#include <stdbool.h>

#include "space/job.h"
#include "truth/living.h"

struct fio {
	int pid;		/* of what was started */
	const struct job *job;
	int target;		/* the process that does its I/O */
	int maps, smaps, pagemap, clear_refs, status;	/* its files */
};

/*
 * Start @program with the job, and wait until it has mapped what the job says,
 * which is when its I/O begins. Its VMAs are then in @maps.
 */
void fio_start(struct fio *fio, const char *program, const struct job *job,
	       struct maps *maps);

/* Read the VMAs; die if the I/O does not go on any more. */
void fio_look(const struct fio *fio, struct maps *maps);

void fio_counts(const struct fio *fio, struct living_counts *counts);

/*
 * Tell fio to end, and wait until it has; die if it failed. Return what it said,
 * as JSON, to be freed.
 */
char *fio_end(const struct fio *fio);

#endif
