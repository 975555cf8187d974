// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "kernel/maps.h"
#include "kernel/smaps.h"
#include "kernel/util.h"

#define TEXT_MAX	(MAPS_MAX * UINT64_C(256))

/* Of linux/prctl.h, which older headers do not have. */
#ifndef PR_SET_VMA
#define PR_SET_VMA		0x53564d41
#define PR_SET_VMA_ANON_NAME	0
#endif

/* "1000-2000 rw-p 00000000 00:00 0      /path" */
static bool parse_line(const char *line, struct map *map)
{
	int path = 0;

	*map = (struct map){ 0 };
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %*x:%*x %" SCNu64 " %n",
		   &map->start, &map->end, map->perms, &map->offset,
		   &map->inode, &path) != 5)
		return false;
	snprintf(map->path, sizeof(map->path), "%s", line + path);
	return true;
}

void maps_read(int fd, struct maps *maps)
{
	static char text[TEXT_MAX + 1];
	char *rest = text, *line;
	int64_t len = smaps_read(fd, text, TEXT_MAX);

	maps->nr = 0;
	if (len == -ESRCH)
		return;
	if (len < 0)
		die("/proc/PID/maps: %s", strerror(-len));
	text[len] = '\0';
	while ((line = strsep(&rest, "\n")) && *line)
		if (maps->nr == MAPS_MAX ||
		    !parse_line(line, maps->of + maps->nr++))
			die("/proc/PID/maps: VMA %zu is not understood, or one too many: %s",
			    maps->nr, line);
}

bool map_equal(const struct map *a, const struct map *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->offset == b->offset && a->inode == b->inode &&
	       !strcmp(a->perms, b->perms) && !strcmp(a->path, b->path);
}

const struct map *maps_at(const struct maps *maps, uint64_t address,
			  size_t *hint)
{
	while (*hint < maps->nr && maps->of[*hint].end <= address)
		++*hint;
	if (*hint == maps->nr || maps->of[*hint].start > address)
		return NULL;
	return maps->of + *hint;
}

bool memory_set_name(const void *start, uint64_t size, const char *name)
{
	return !prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, start, size, name);
}
