// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "stress/glance.h"
#include "stress/scan_walk.h"
#include "truth/smaps_check.h"

#define TEXT_SIZE	(UINT64_C(1) << 17)
#define CLEAR_EVERY	16	/* turns */
#define ENTRIES		600	/* of pagemap: more than a page table has */

int glance_open(int pid, const char *name, int flags)
{
	int fd = try_proc(pid, name, flags);

	if (fd < 0 && errno != ENOENT && errno != ESRCH)
		die("/proc/%d/%s: %s", pid, name, strerror(errno));
	return fd;
}

/* Return how much there is, 0 at the end or if the process has ended. */
static size_t glance_read(int fd, void *buf, size_t size,
			  struct glances *glances)
{
	ssize_t got = read(fd, buf, size);

	glances->reads++;
	glances->check.checked++;
	if (got < 0 && errno != ESRCH)
		check_fail(&glances->check, "a read failed: %s",
			   strerror(errno));
	return got > 0 ? got : 0;
}

typedef void (*check_vma)(struct check *check, const struct smaps_vma *vma);

static void check_header(struct check *check, const struct smaps_vma *vma)
{
	check->checked++;
	if (vma->start >= vma->end || (vma->start | vma->end) % PAGE_SIZE)
		check_fail(check, "VMA 0x%" PRIx64 "-0x%" PRIx64, vma->start,
			   vma->end);
}

static void check_fields(struct check *check, const struct smaps_vma *vma)
{
	const uint64_t *f = vma->field;

	check_header(check, vma);
	check_smaps_sums(check, vma);
	check->checked++;
	if (f[SMAPS_REFERENCED] > f[SMAPS_RSS] ||
	    f[SMAPS_ANONYMOUS] > f[SMAPS_RSS])
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Referenced %" PRIu64 " or Anonymous %" PRIu64 " are beyond Rss %" PRIu64,
			   vma->start, f[SMAPS_REFERENCED], f[SMAPS_ANONYMOUS],
			   f[SMAPS_RSS]);
}

/* Check each VMA that is there to its end. Return how many bytes are left. */
static size_t take_vmas(char *text, size_t len, bool is_last, check_vma check,
			struct glances *glances)
{
	const char *vma = text, *next;
	struct smaps_vma parsed;

	for (; *vma; vma = next) {
		next = smaps_next(vma);
		if (!*next && !is_last)
			break;
		smaps_parse_vma(&parsed, vma, next - vma);
		check(&glances->check, &parsed);
	}
	len -= vma - text;
	memmove(text, vma, len + 1);
	return len;
}

/* There may be more VMAs than memory for their text. */
static void read_vmas(int pid, const char *file, check_vma check,
		      struct glances *glances)
{
	int fd = glance_open(pid, file, O_RDONLY);
	char *text = xcalloc(TEXT_SIZE, 1);
	size_t len = 0, got;

	do {
		got = fd < 0 ? 0 : glance_read(fd, text + len,
					       TEXT_SIZE - 1 - len, glances);
		text[len + got] = '\0';
		len = take_vmas(text, len + got, !got, check, glances);
	} while (got);
	if (fd >= 0)
		close(fd);
	free(text);
}

void glance_maps(int pid, struct glances *glances)
{
	read_vmas(pid, "maps", check_header, glances);
}

void glance_smaps(int pid, struct glances *glances)
{
	read_vmas(pid, "smaps", check_fields, glances);
}

void glance_rollup(int pid, struct glances *glances)
{
	int fd = glance_open(pid, "smaps_rollup", O_RDONLY);
	char text[4096];
	size_t len = fd < 0 ? 0 : glance_read(fd, text, sizeof(text) - 1,
					      glances);
	struct smaps_vma sum;

	if (fd >= 0)
		close(fd);
	if (!len)
		return;
	text[len] = '\0';
	smaps_parse_vma(&sum, text, len);
	/* It has no Size, and spans more than there is. */
	sum.field[SMAPS_SIZE] = (sum.end - sum.start) / 1024;
	check_smaps_sums(&glances->check, &sum);
}

static void check_entry(struct check *check, uint64_t page, uint64_t entry)
{
	bool is_there = entry & (PM_PRESENT | PM_SWAP);

	check->checked++;
	if ((entry & PM_PRESENT && entry & PM_SWAP) ||
	    (entry & PM_PFN && !is_there) ||
	    (entry & PM_PRESENT && !(entry & PM_PFN)))
		check_fail(check, "pagemap: page 0x%" PRIx64 " has the entry 0x%" PRIx64,
			   page * PAGE_SIZE, entry);
}

static void read_entries(int fd, uint64_t page, struct glances *glances)
{
	static uint64_t entries[ENTRIES];
	size_t got, i;

	if (lseek(fd, page * sizeof(*entries), SEEK_SET) < 0)
		die("pagemap: %s", strerror(errno));
	got = glance_read(fd, entries, sizeof(entries), glances);
	for (i = 0; i < got / sizeof(*entries); i++)
		check_entry(&glances->check, page + i, entries[i]);
}

/* Read from before the first VMAs that maps gives, which may be gone then. */
void glance_pagemap(int pid, struct glances *glances)
{
	int maps = glance_open(pid, "maps", O_RDONLY);
	int fd = glance_open(pid, "pagemap", O_RDONLY);
	char text[4096];
	size_t len = maps < 0 ? 0 : glance_read(maps, text, sizeof(text) - 1,
						glances);
	const char *line;
	uint64_t start;

	text[len] = '\0';
	for (line = text; fd >= 0 && *line; line = smaps_next(line))
		if (sscanf(line, "%" SCNx64 "-", &start) == 1)
			read_entries(fd, start / PAGE_SIZE - 1, glances);
	if (maps >= 0)
		close(maps);
	if (fd >= 0)
		close(fd);
}

static void check_region(struct check *check, const struct scan *scan,
			 const struct scan_region *region, uint64_t last)
{
	check->checked++;
	if (region->start < last || region->start >= region->end ||
	    region->end > scan->end || !(region->categories & SCAN_PRESENT) ||
	    region->categories & ~scan->return_mask)
		check_fail(check, "PAGEMAP_SCAN gave 0x%" PRIx64 "-0x%" PRIx64 " with categories 0x%" PRIx64 " after 0x%" PRIx64,
			   region->start, region->end, region->categories,
			   last);
}

void glance_scan(int pid, struct glances *glances)
{
	int fd = glance_open(pid, "pagemap", O_RDONLY);
	struct scan_walk walk;
	const struct scan_region *region;
	uint64_t last = 0;

	if (fd < 0)
		return;
	scan_begin(&walk, fd);
	while ((region = scan_next(&walk))) {
		check_region(&glances->check, &walk.scan, region, last);
		last = region->end;
	}
	glances->reads += walk.calls;
	if (walk.error && walk.error != -ESRCH)
		check_fail(&glances->check, "PAGEMAP_SCAN: %s",
			   strerror(-walk.error));
	close(fd);
}

/*
 * All pages are old then, and in user-mode Linux each has a page fault when it
 * is used again. So this is done seldom, or the process would do nothing else.
 */
void glance_clear_refs(int pid, struct glances *glances)
{
	static unsigned int turn;
	const char what[] = { "1235"[turn / CLEAR_EVERY % 4], '\0' };
	int fd;

	if (turn++ % CLEAR_EVERY)
		return;
	fd = glance_open(pid, "clear_refs", O_WRONLY);
	if (fd < 0)
		return;
	glances->reads++;
	glances->check.checked++;
	if (write(fd, what, 1) < 0 && errno != ESRCH)
		check_fail(&glances->check, "clear_refs: writing %s failed: %s",
			   what, strerror(errno));
	close(fd);
}
