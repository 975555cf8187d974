/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a job file of fio says of the memory that its job will have. fio maps
 * "filename", of "size", once for each of "numjobs", with its first I/O, and
 * before that the buffer that "iomem" names.
 */
#ifndef JOB_H
#define JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/maps.h"

#define JOB_JOBS_MAX	16

struct job {
	const char *file;	/* its path */
	char name[32];		/* that of the file, without ".fio" */
	char filename[MAP_PATH_MAX];
	bool on_disk;		/* that is no file of tmpfs */
	uint64_t size;
	unsigned int numjobs;
	bool huge;		/* the buffer is in huge pages... */
	char huge_file[MAP_PATH_MAX];	/* ...of this file, or of SysV's */
};

/* Read the job file, or refuse it. */
void job_read(struct job *job, const char *file);

/* Return whether a VMA is one of the job's file, or its buffer in huge pages. */
bool job_has_file(const struct job *job, const struct map *map);
bool job_has_huge(const struct job *job, const struct map *map);

/* Return whether @maps have all that fio maps for the job: then it does I/O. */
bool job_runs(const struct job *job, const struct maps *maps);

#endif
