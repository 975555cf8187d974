// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/util.h"
#include "readers/operations.h"

static int open_file(const struct target *target, const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", target->pid, name);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Read as much as there is, but no more than @size bytes. */
static int64_t read_on(int fd, char *said, uint64_t size)
{
	uint64_t len = 0;
	ssize_t got;

	do {
		got = read(fd, said + len, size - len);
		if (got < 0)
			return -errno;
		len += got;
	} while (got && len < size);
	return len;
}

static int64_t run_text(const struct operation *op, const struct target *target)
{
	int fd = open_file(target, op->name, O_RDONLY);
	int64_t len;

	if (fd < 0)
		return fd;
	len = read_on(fd, target->said, SAID_MAX);
	close(fd);
	return len;
}

static int64_t run_pagemap(const struct operation *op,
			   const struct target *target)
{
	int fd = open_file(target, op->name, O_RDONLY);
	int64_t len;

	if (fd < 0)
		return fd;
	lseek(fd, pagemap_offset(target->layout->base), SEEK_SET);
	len = read_on(fd, target->said,
		      target->layout->pages * sizeof(uint64_t));
	close(fd);
	return len;
}

static int64_t run_scan(const struct operation *op, const struct target *target)
{
	struct scan scan = {
		.start = target->layout->base,
		.end = layout_end(target->layout),
		.vec = (uintptr_t)target->said,
		.vec_len = SAID_MAX / sizeof(struct scan_region),
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT | SCAN_FILE | SCAN_PFNZERO,
	};
	int fd = open_file(target, "pagemap", O_RDONLY);
	int64_t regions;

	(void)op;
	if (fd < 0)
		return fd;
	regions = pagemap_scan(fd, &scan);
	close(fd);
	return regions < 0 ? regions :
	       regions * (int64_t)sizeof(struct scan_region);
}

/* What it has cleared, smaps says. */
static int64_t run_clear_refs(const struct operation *op,
			      const struct target *target)
{
	static const struct operation smaps = { "smaps", run_text };
	int fd = open_file(target, op->name, O_WRONLY);
	int err = 0;

	if (fd < 0)
		return fd;
	if (write(fd, "1", 1) < 0)
		err = -errno;
	close(fd);
	return err ? err : smaps.run(&smaps, target);
}

/* Of each VMA: in a hole it fails anyway. */
static int64_t run_mincore(const struct operation *op,
			   const struct target *target)
{
	const struct layout *layout = target->layout;
	int64_t len = 0;
	size_t i;

	(void)op;
	for (i = 0; i < layout->nr_regions; i++) {
		const struct region *region = layout->regions + i;

		if (mincore((void *)layout_address(layout, region->start),
			    region->pages * PAGE_SIZE,
			    (unsigned char *)target->said + len))
			return -errno;
		len += region->pages;
	}
	return len;
}

/* clear_refs comes last, since it changes what the others say. */
const struct operation of_others[] = {
	{ "maps", run_text },
	{ "smaps", run_text },
	{ "smaps_rollup", run_text },
	{ "numa_maps", run_text },
	{ "pagemap", run_pagemap },
	{ "PAGEMAP_SCAN", run_scan },
	{ "clear_refs", run_clear_refs },
};

const size_t nr_of_others = ARRAY_SIZE(of_others);

const struct operation of_self = { "mincore", run_mincore };
