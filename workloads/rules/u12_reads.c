// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/util.h"
#include "rules/u12_reads.h"
#include "space/layout.h"

static int64_t read_text(int fd, void *said)
{
	ssize_t got;

	do {
		got = read(fd, said, SAID_SIZE);
	} while (got > 0);
	return got;
}

static int64_t read_page(int fd, void *said)
{
	return pread(fd, said, PAGE_SIZE, 0);
}

/* More than a PTE table, so that the kernel's buffer is filled twice. */
static int64_t read_pagemap(int fd, void *said)
{
	return pagemap_read(fd, LAYOUT_BASE, said, TABLE_PAGES + 1);
}

static int64_t read_no_entry(int fd, void *said)
{
	pread(fd, said, 0, pagemap_offset(LAYOUT_BASE));
	pread(fd, said, sizeof(uint64_t), pagemap_offset(LAYOUT_BASE) + 1);
	return pagemap_read(fd, LAYOUT_BASE, said, TABLE_PAGES + 1);
}

static struct scan scan_all(void *said)
{
	return (struct scan){
		.start = LAYOUT_BASE,
		.end = LAYOUT_BASE + 16 * TABLE_PAGES * PAGE_SIZE,
		.vec = (uintptr_t)said,
		.vec_len = SAID_SIZE / sizeof(struct scan_region),
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT,
	};
}

static int64_t scan_pages(int fd, void *said)
{
	struct scan scan = scan_all(said);

	return pagemap_scan(fd, &scan);
}

static int64_t scan_refused(int fd, void *said)
{
	struct scan unknown = scan_all(said), lost = scan_all(said);

	unknown.return_mask = UINT64_C(1) << 40;
	pagemap_scan(fd, &unknown);
	return pagemap_scan(fd, &lost);
}

static int64_t clear_all(int fd, void *said)
{
	(void)said;
	return write(fd, "1", 1);
}

static int64_t clear_refused(int fd, void *said)
{
	write(fd, "9", 1);
	return write(fd, said, 1);
}

static int64_t clear_peak(int fd, void *said)
{
	(void)said;
	return write(fd, "5", 1);
}

const struct reads reads[] = {
	{ "maps", "maps", O_RDONLY, read_text, read_page },
	{ "smaps", "smaps", O_RDONLY, read_text, read_page },
	{ "smaps_rollup", "smaps_rollup", O_RDONLY, read_text,
	  read_page },
	{ "pagemap", "pagemap", O_RDONLY, read_pagemap, read_no_entry },
	{ "PAGEMAP_SCAN", "pagemap", O_RDONLY, scan_pages, scan_refused },
	{ "clear_refs", "clear_refs", O_WRONLY, clear_all, clear_refused },
	{ "clear_refs, 5", "clear_refs", O_WRONLY, clear_peak, clear_refused },
};

const size_t nr_reads = ARRAY_SIZE(reads);

int reads_open(const struct reads *of, int pid)
{
	return try_proc(pid, of->file, of->flags);
}
