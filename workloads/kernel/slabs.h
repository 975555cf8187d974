/* SPDX-License-Identifier: GPL-2.0 */
/* How many objects the kernel has, of each cache in /sys/kernel/slab. */
#ifndef SLABS_H
#define SLABS_H

#include <stddef.h>
#include <stdint.h>

#define SLABS_MAX	128

struct slab_counts {
	uint64_t objects[SLABS_MAX];
};

/* Open all caches; return how many there are. */
size_t slabs_open(void);
void slabs_close(void);
const char *slab_name(size_t i);

/*
 * Count the objects that are in use, to the object, but for whole slabs: one in
 * which all objects are in use does not count. So compare two counts only for
 * being equal.
 */
void slabs_count(struct slab_counts *counts);

#endif
