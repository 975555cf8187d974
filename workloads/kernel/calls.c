// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "kernel/calls.h"
#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/util.h"

/* Each piece of a preadv() is a read of its own for pagemap. */
void call_pagemap_small(struct walk_run *run)
{
	struct iovec *pieces = run->buf;
	uint64_t *entries = (uint64_t *)(pieces + PAGEMAP_SMALL_READS);
	uint64_t i;

	run->fd = open_proc(run->pid, "pagemap");
	run->pages = min_u64(run->pages, PAGEMAP_SMALL_READS);
	for (i = 0; i < run->pages; i++)
		pieces[i] = (struct iovec){ entries + i, sizeof(*entries) };
	run->call = (struct walk_call){ SYS_preadv, {
		run->fd, (uintptr_t)pieces, run->pages,
		pagemap_offset(run->start),
	} };
}

void call_pagemap_scan(struct walk_run *run)
{
	struct scan *scan = run->buf;
	struct scan_region *regions = (struct scan_region *)(scan + 1);

	*scan = (struct scan){
		.size = sizeof(*scan),
		.start = run->start,
		.end = run->start + run->pages * PAGE_SIZE,
		.vec = (uintptr_t)regions,
		.vec_len = (run->size - sizeof(*scan)) / sizeof(*regions),
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT,
	};
	run->fd = open_proc(run->pid, "pagemap");
	run->call = (struct walk_call){ SYS_ioctl, {
		run->fd, PAGEMAP_SCAN, (uintptr_t)scan,
	} };
}

void call_mincore(struct walk_run *run)
{
	run->fd = -1;
	run->pages = min_u64(run->pages, run->size);
	run->call = (struct walk_call){ SYS_mincore, {
		run->start, run->pages * PAGE_SIZE, (uintptr_t)run->buf,
	} };
}

void call_clear_refs(struct walk_run *run)
{
	run->fd = try_proc(run->pid, "clear_refs", O_WRONLY);
	if (run->fd < 0)
		die("/proc/%d/clear_refs: %s", run->pid, strerror(errno));
	memcpy(run->buf, "1", 1);
	run->call = (struct walk_call){ SYS_write, {
		run->fd, (uintptr_t)run->buf, 1,
	} };
}
