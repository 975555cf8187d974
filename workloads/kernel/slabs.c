// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/slabs.h"
#include "kernel/util.h"

#define SLABS		"/sys/kernel/slab"

static struct slab {
	char name[NAME_MAX + 1];
	int shrink, partial;
} slabs[SLABS_MAX];

static size_t nr_slabs;

static int open_attribute(const char *cache, const char *name, int flags)
{
	char path[NAME_MAX + 64];
	int fd;

	snprintf(path, sizeof(path), SLABS "/%s/%s", cache, name);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static void open_cache(const char *name)
{
	struct slab *slab = slabs + nr_slabs++;

	if (nr_slabs > SLABS_MAX)
		die(SLABS ": more than %d caches", SLABS_MAX);
	snprintf(slab->name, sizeof(slab->name), "%s", name);
	slab->shrink = open_attribute(name, "shrink", O_WRONLY);
	slab->partial = open_attribute(name, "objects_partial", O_RDONLY);
}

/*
 * Names of caches that were merged are links. The objects with which a debug
 * kernel follows others are as many as it happens to need.
 */
static bool is_cache(const struct dirent *entry)
{
	return entry->d_type == DT_DIR && *entry->d_name != '.' &&
	       strcmp(entry->d_name, "debug_objects_cache") != 0;
}

size_t slabs_open(void)
{
	DIR *folder = opendir(SLABS);
	struct dirent *entry;

	if (!folder)
		die(SLABS ": %s", strerror(errno));
	while ((entry = readdir(folder)))
		if (is_cache(entry))
			open_cache(entry->d_name);
	closedir(folder);
	return nr_slabs;
}

void slabs_close(void)
{
	for (; nr_slabs; nr_slabs--) {
		close(slabs[nr_slabs - 1].shrink);
		close(slabs[nr_slabs - 1].partial);
	}
}

const char *slab_name(size_t i)
{
	return slabs[i].name;
}

/*
 * Without this the objects of the slab from which the CPU allocates would not
 * count, and those would that KASAN keeps.
 */
static void shrink_cache(const struct slab *slab)
{
	if (pwrite(slab->shrink, "1", 1, 0) != 1)
		die(SLABS "/%s/shrink: %s", slab->name, strerror(errno));
}

void slabs_count(struct slab_counts *counts)
{
	char text[32];
	ssize_t len;
	size_t i;

	for (i = 0; i < nr_slabs; i++)
		shrink_cache(slabs + i);
	for (i = 0; i < nr_slabs; i++) {
		len = pread(slabs[i].partial, text, sizeof(text) - 1, 0);
		if (len <= 0)
			die(SLABS "/%s: %s", slabs[i].name, strerror(errno));
		text[len] = '\0';
		counts->objects[i] = strtoull(text, NULL, 10);
	}
}
