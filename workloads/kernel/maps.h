/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/PID/maps, read and parsed. It lists VMAs, and walks no page tables: so
 * it tells where those walks may find something.
 */
#ifndef MAPS_H
#define MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAP_PATH_MAX	128

struct map {
	uint64_t start, end, offset, inode;
	char perms[5];
	char path[MAP_PATH_MAX];	/* "" if it has none; cut if it is longer */
};

#define MAPS_MAX	1024

struct maps {
	size_t nr;
	struct map of[MAPS_MAX];	/* ascending */
};

/*
 * Read the open file @fd; die if it cannot be understood. A process that has
 * ended has no VMAs.
 */
void maps_read(int fd, struct maps *maps);

/* Have maps show a name of anonymous memory. False: this kernel has no names. */
bool memory_set_name(const void *start, uint64_t size, const char *name);

/* Return true if both are the same VMA, as far as the file tells. */
bool map_equal(const struct map *a, const struct map *b);

/*
 * Return the VMA that has @address, or NULL. The search goes on from *@hint, 0
 * at first: of the same @maps, addresses have to ascend.
 */
const struct map *maps_at(const struct maps *maps, uint64_t address,
			  size_t *hint);

#endif
