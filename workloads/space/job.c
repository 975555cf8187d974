// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "space/job.h"

#define TMPFS		"/dev/shm/"
#define MMAPHUGE	"mmaphuge:"
#define SHMHUGE		"shmhuge"
#define SYSV_SHM	"/SYSV"

static uint64_t parse_size(const struct job *job, const char *text)
{
	static const char units[] = "kmg";
	const char *unit;
	char *end;
	uint64_t size = strtoull(text, &end, 10);

	unit = *end ? strchr(units, *end) : NULL;
	if (unit)
		size <<= 10 * (unit - units + 1);
	if (!size || size % PAGE_SIZE || (unit ? end[1] : *end))
		refuse("%s: size=%s is not a size in whole pages, as in 4m",
		       job->file, text);
	return size;
}

static void copy(const struct job *job, char *to, const char *text)
{
	if (strlen(text) >= MAP_PATH_MAX)
		refuse("%s: this is too long: %s", job->file, text);
	strcpy(to, text);
}

static void take_filename(struct job *job, const char *value)
{
	copy(job, job->filename, value);
	job->on_disk = strncmp(value, TMPFS, strlen(TMPFS));
}

static void take_iomem(struct job *job, const char *value)
{
	if (!strcmp(value, SHMHUGE)) {
		job->huge = true;
	} else if (!strncmp(value, MMAPHUGE, strlen(MMAPHUGE))) {
		job->huge = true;
		copy(job, job->huge_file, value + strlen(MMAPHUGE));
	}
}

/* What fio has more options for says nothing of the memory. */
static void take_option(struct job *job, const char *name, const char *value)
{
	if (!strcmp(name, "filename"))
		take_filename(job, value);
	else if (!strcmp(name, "size"))
		job->size = parse_size(job, value);
	else if (!strcmp(name, "numjobs"))
		job->numjobs = parse_count("numjobs", value, JOB_JOBS_MAX);
	else if (!strcmp(name, "iomem"))
		take_iomem(job, value);
}

static void name_job(struct job *job)
{
	const char *base = strrchr(job->file, '/');

	base = base ? base + 1 : job->file;
	snprintf(job->name, sizeof(job->name), "%.*s", (int)strcspn(base, "."),
		 base);
}

void job_read(struct job *job, const char *file)
{
	FILE *f = fopen(file, "re");
	char line[256], *value;

	if (!f)
		refuse("%s: %m", file);
	*job = (struct job){ .file = file, .numjobs = 1 };
	name_job(job);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, '=');
		if (!value || *line == '#' || *line == ';')
			continue;
		*value++ = '\0';
		take_option(job, line, value);
	}
	fclose(f);
	if (!*job->filename || !job->size)
		refuse("%s: the job needs filename= and size=", file);
}

bool job_has_file(const struct job *job, const struct map *map)
{
	return !strcmp(map->path, job->filename);
}

bool job_has_huge(const struct job *job, const struct map *map)
{
	if (!job->huge)
		return false;
	if (*job->huge_file)
		return !strcmp(map->path, job->huge_file);
	/* fio's own segments of SysV are smaller than a huge page is aligned. */
	return !strncmp(map->path, SYSV_SHM, strlen(SYSV_SHM)) &&
	       !((map->start | map->end) % (HUGE_PAGES * PAGE_SIZE));
}

bool job_runs(const struct job *job, const struct maps *maps)
{
	unsigned int files = 0, huge = 0;
	size_t i;

	for (i = 0; i < maps->nr; i++) {
		files += job_has_file(job, maps->of + i);
		huge += job_has_huge(job, maps->of + i);
	}
	return files == job->numjobs && huge == (job->huge ? job->numjobs : 0);
}
