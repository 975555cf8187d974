// SPDX-License-Identifier: GPL-2.0
/*
 * mm_regression, cases/mm/hugetlb: mincore, madvise_unaligned,
 * punch_hole_unaligned and per_process_usage_counter. The first two print what
 * they see and do not judge it. What is expected of them is what the change that
 * they name as their reason promised: MADV_DONTNEED on hugetlb drops huge pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "external/mincore.h"
#include "external/place.h"
#include "kernel/pagemap.h"
#include "space/pool.h"
#include "space/resident.h"

#define HUGE_IN_FILE	3
#define SIZE		(HUGE_IN_FILE * HUGE_SIZE)
#define MIB		(UINT64_C(1) << 20)

/* A file of huge pages, mapped, which the pool has room for. */
struct huge_file {
	uint64_t pool;
	int fd;
	char *memory;
};

static struct huge_file map_huge_file(void)
{
	struct huge_file file = { .pool = pool_add(HUGE_IN_FILE) };

	file.fd = place_new_file(MFD_HUGETLB, SIZE);
	file.memory = place_file(0, SIZE, file.fd);
	return file;
}

static void unmap_huge_file(struct huge_file *file)
{
	place_clear();
	close(file->fd);
	pool_restore(file->pool);
}

static void check_mincores(struct rule_run *run)
{
	struct huge_file file = map_huge_file();

	check_mincore(rule_case(run, "before"), file.memory, "0{1536}");
	memset(file.memory, 3, SIZE);
	check_mincore(rule_case(run, "after"), file.memory, "1{1536}");
	unmap_huge_file(&file);
}

static void check_pages(struct check *check, const char *when, uint64_t page,
			uint64_t pages, bool present)
{
	int fd = open_proc(getpid(), "pagemap");
	static uint64_t entries[HUGE_PAGES];
	int64_t got = pagemap_read(fd, PLACE + page * PAGE_SIZE, entries, pages);
	int64_t i;

	close(fd);
	check->checked++;
	if (got != (int64_t)pages)
		check_fail(check, "%s: pagemap gave %" PRId64 " of %" PRIu64 " entries at +%" PRIu64,
			   when, got, pages, page);
	for (i = 0; i < got; i++)
		if (!!(entries[i] & PM_PRESENT) != present)
			check_fail(check, "%s: page +%" PRIu64 " is %s", when,
				   page + i, present ? "absent" : "present");
}

static void check_huge_pages(struct check *check, const char *when,
			     const bool *present)
{
	uint64_t i;

	for (i = 0; i < HUGE_IN_FILE; i++)
		check_pages(check, when, i * HUGE_PAGES, HUGE_PAGES,
			    present[i]);
}

static void check_madvise(struct rule_run *run)
{
	static const bool all[] = { true, true, true },
			  ends[] = { true, false, true };
	struct check *check = rule_case(run, "dontneed");
	struct huge_file file = map_huge_file();

	memset(file.memory, 0, SIZE);
	check_huge_pages(check, "before", all);
	if (madvise(file.memory + HUGE_SIZE, HUGE_SIZE, MADV_DONTNEED))
		check_fail(check, "madvise: %s", strerror(errno));
	check_huge_pages(check, "after", ends);
	unmap_huge_file(&file);
}

/* In MiB. Expected: a read gives the former content nowhere in there. */
static const struct punch {
	const char *name;	/* as there */
	uint64_t from, to;
} punches[] = {
	{ "0x300000-0x600000", 3, 6 },
	{ "0x200000-0x400000", 2, 4 },
	{ "0x100000-0x500000", 1, 5 },
};

static void check_punched(struct check *check, int fd,
			  const struct punch *punch)
{
	char bytes[4];
	uint64_t at;

	for (at = punch->from; at < punch->to; at++) {
		check->checked++;
		if (pread(fd, bytes, sizeof(bytes), at * MIB) != sizeof(bytes))
			check_fail(check, "MiB %" PRIu64 " cannot be read", at);
		else if (!memcmp(bytes, "aaaa", sizeof(bytes)))
			check_fail(check, "MiB %" PRIu64 " still has its content",
				   at);
	}
}

static void check_punch(struct check *check, const struct punch *punch)
{
	struct huge_file file = map_huge_file();

	memset(file.memory, 'a', SIZE);
	if (fallocate(file.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      punch->from * MIB, (punch->to - punch->from) * MIB))
		check_fail(check, "fallocate: %s", strerror(errno));
	check_punched(check, file.fd, punch);
	unmap_huge_file(&file);
}

static void check_punches(struct rule_run *run)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(punches); i++)
		check_punch(rule_case(run, "%s", punches[i].name),
			    punches + i);
}

/* Return "HugetlbPages: ...", or an empty string. */
static const char *huge_usage(int pid, char *line, size_t size)
{
	FILE *file = fdopen(open_proc(pid, "status"), "r");

	while (fgets(line, size, file) && strncmp(line, "HugetlbPages", 12))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
	fclose(file);
	return line;
}

static void settle(struct resident *self, void *unused)
{
	(void)self;
	(void)unused;
}

static void check_usage(struct rule_run *run)
{
	struct check *check = rule_case(run, "of parent and child");
	char of_parent[80], of_child[80];
	uint64_t pool = pool_add(2);
	struct resident child;

	memset(place_hugetlb(0, 2 * HUGE_SIZE), 'a', 2 * HUGE_SIZE);
	huge_usage(getpid(), of_parent, sizeof(of_parent));
	resident_start(&child, settle, NULL);
	huge_usage(child.pid, of_child, sizeof(of_child));
	resident_stop(&child);
	check->checked++;
	if (!*of_parent || strcmp(of_parent, of_child))
		check_fail(check, "parent: %s, child: %s", of_parent, of_child);
	place_clear();
	pool_restore(pool);
}

const struct rule external_hugetlb_mincore = {
	"mm_regression/hugetlb/mincore", "hugetlb", check_mincores
};

const struct rule external_madvise = {
	"mm_regression/hugetlb/madvise_unaligned", "hugetlb", check_madvise
};

const struct rule external_punch = {
	"mm_regression/hugetlb/punch_hole_unaligned", "hugetlb", check_punches
};

const struct rule external_usage = {
	"mm_regression/hugetlb/per_process_usage_counter", "hugetlb",
	check_usage
};
