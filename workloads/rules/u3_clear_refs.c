// SPDX-License-Identifier: GPL-2.0
/*
 * U3: writing to /proc/PID/clear_refs clears the referenced mark of exactly
 * the pages that Documentation/filesystems/proc.rst says:
 *
 * 1	all pages	2	anonymous memory	3	mapped files
 * 4	the soft-dirty bit, which user-mode Linux does not have
 * 5	no page: the peak of the resident set
 *
 * The marks are read back as Referenced in smaps. All VMAs lie in one PTE
 * table and the one behind it, so that a walk that goes too far meets pages
 * that it must leave alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "space/resident.h"
#include "space/subject.h"

#define BASE		UINT64_C(0x1800000000)
#define SMAPS_MAX	(UINT64_C(1) << 20)
#define KB		(PAGE_SIZE / 1024)

enum backing { ANON, PFNMAP, HUGETLB, TMPFS };

/* In pages from the base; all of it is populated. */
static const struct piece {
	const char *name;
	enum backing backing;
	int flags;
	uint64_t start, pages;
} pieces[] = {
	{ "anon", ANON, MAP_PRIVATE, 480, 3 },
	{ "shared file", TMPFS, MAP_SHARED, 483, 4 },
	{ "anon", ANON, MAP_PRIVATE, 487, 5 },
	{ "pfnmap", PFNMAP, MAP_SHARED, 492, 3 },
	{ "private file", TMPFS, MAP_PRIVATE, 495, 6 },
	{ "anon", ANON, MAP_PRIVATE, 503, 9 },
	{ "shared file", TMPFS, MAP_SHARED, 512, 2 },
	{ "anon", ANON, MAP_PRIVATE, 514, 1 },
	{ "hugetlb", HUGETLB, MAP_PRIVATE, 1024, 512 },
};

#define NR_PIECES	ARRAY_SIZE(pieces)

struct clear_check {
	struct rule_run *run;
	struct check *check;
	struct resident resident;
	char *text;		/* of smaps */
	uint64_t referenced[NR_PIECES];
};

static uint64_t address_of(uint64_t page)
{
	return BASE + page * PAGE_SIZE;
}

static int open_memory_file(void)
{
	int fd = memfd_create("clear_refs", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, 64 * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	return fd;
}

static void map_pieces(struct resident *self, void *arg)
{
	int file = open_memory_file();
	size_t i;

	(void)self;
	for (i = 0; i < NR_PIECES; i++) {
		const struct piece *piece = pieces + i;
		int flags = piece->flags | MAP_FIXED_NOREPLACE, fd = -1;

		if (piece->backing == TMPFS)
			fd = file;
		else if (piece->backing == PFNMAP)
			fd = *(int *)arg;
		if (fd < 0)
			flags |= MAP_ANONYMOUS;
		if (piece->backing == HUGETLB)
			flags |= MAP_HUGETLB;
		/* Each file VMA has pages of its own. */
		if (mmap((void *)address_of(piece->start),
			 piece->pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
			 flags, fd, piece->backing == TMPFS ?
			 8 * i * PAGE_SIZE : 0) == MAP_FAILED)
			die("mapping %s: %s", piece->name, strerror(errno));
	}
}

/* Use pages of a piece. */
static void touch(struct clear_check *cc, const struct piece *piece,
		  uint64_t first, uint64_t pages)
{
	uint64_t start = address_of(piece->start + first);

	if (piece->backing != PFNMAP)
		probe_populate(cc->run->probe, cc->resident.pid, start,
			       start + pages * PAGE_SIZE, 0);
}

/* A process of its own for each case: all its pages are new and referenced. */
static void begin(struct clear_check *cc, const char *name)
{
	size_t i;

	cc->check = rule_case(cc->run, "%s", name);
	resident_start(&cc->resident, map_pieces, &cc->run->probe);
	for (i = 0; i < NR_PIECES; i++)
		touch(cc, pieces + i, 0, pieces[i].pages);
}

static void note_referenced(struct clear_check *cc, const struct smaps *smaps)
{
	size_t i, j;

	for (i = 0; i < NR_PIECES; i++)
		for (j = 0; j < smaps->nr; j++)
			if (smaps->vmas[j].start == address_of(pieces[i].start))
				cc->referenced[i] =
					smaps->vmas[j].field[SMAPS_REFERENCED];
}

static void read_referenced(struct clear_check *cc)
{
	int fd = open_proc(cc->resident.pid, "smaps");
	int64_t len = smaps_read(fd, cc->text, SMAPS_MAX);
	struct smaps smaps;
	char error[160];

	close(fd);
	if (len < 0)
		die("smaps: %s", strerror(-len));
	if (!smaps_parse(&smaps, cc->text, len, error, sizeof(error)))
		die("%s", error);
	memset(cc->referenced, 0xff, sizeof(cc->referenced));
	note_referenced(cc, &smaps);
	smaps_free(&smaps);
}

static int write_clear_refs(const struct clear_check *cc, const char *what)
{
	char path[64];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", cc->resident.pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	done = write(fd, what, strlen(what));
	if (done < 0)
		done = -errno;
	close(fd);
	return done;
}

/* smaps counts neither PFNMAP nor hugetlb as referenced. */
static uint64_t counted_pages(const struct piece *piece)
{
	return piece->backing == ANON || piece->backing == TMPFS ?
	       piece->pages : 0;
}

static void expect(struct clear_check *cc, const char *when, size_t i,
		   uint64_t pages)
{
	cc->check->checked++;
	if (cc->referenced[i] != pages * KB)
		check_fail(cc->check, "%s, VMA 0x%" PRIx64 " (%s, %" PRIu64 " pages): Referenced in smaps is %" PRIu64 " kB, expected %" PRIu64 " kB",
			   when, address_of(pieces[i].start), pieces[i].name,
			   pieces[i].pages, cc->referenced[i], pages * KB);
}

static void expect_all_referenced(struct clear_check *cc, const char *when)
{
	size_t i;

	read_referenced(cc);
	for (i = 0; i < NR_PIECES; i++)
		expect(cc, when, i, counted_pages(pieces + i));
}

static bool is_cleared(const char *what, const struct piece *piece)
{
	if (*what == '1')
		return true;
	if (*what == '2')
		return piece->backing == ANON;
	return *what == '3' && piece->backing == TMPFS;
}

static void check_clear(struct clear_check *cc, const char *what,
			const char *name)
{
	char when[40];
	size_t i;
	int done;

	begin(cc, name);
	expect_all_referenced(cc, "before");
	done = write_clear_refs(cc, what);
	if (done != (int)strlen(what))
		check_fail(cc->check, "writing %s to clear_refs: %s", what,
			   strerror(-done));
	read_referenced(cc);
	snprintf(when, sizeof(when), "after writing %s to clear_refs", what);
	for (i = 0; i < NR_PIECES; i++)
		expect(cc, when, i, is_cleared(what, pieces + i) ? 0 :
		       counted_pages(pieces + i));
	resident_stop(&cc->resident);
}

/* After all is cleared, each page that is used is marked, and no other. */
static void check_use(struct clear_check *cc)
{
	size_t i, j;

	begin(cc, "used again");
	write_clear_refs(cc, "1");
	for (i = 0; i < NR_PIECES; i++) {
		if (!counted_pages(pieces + i))
			continue;
		touch(cc, pieces + i, pieces[i].pages / 2, 1);
		read_referenced(cc);
		for (j = 0; j < NR_PIECES; j++)
			expect(cc, "after one page was used again", j,
			       j <= i && counted_pages(pieces + j) ? 1 : 0);
	}
	resident_stop(&cc->resident);
}

static void check_refused(struct clear_check *cc)
{
	static const char * const what[] = { "0", "6", "-1", "x" };
	size_t i;

	begin(cc, "refused");
	for (i = 0; i < ARRAY_SIZE(what); i++) {
		int done = write_clear_refs(cc, what[i]);

		cc->check->checked++;
		if (done != -EINVAL)
			check_fail(cc->check, "writing %s to clear_refs gave %d, expected -EINVAL",
				   what[i], done);
		expect_all_referenced(cc, "after a write that was refused");
	}
	resident_stop(&cc->resident);
}

static void check_clear_refs_rule(struct rule_run *run)
{
	struct clear_check cc = { .run = run };
	uint64_t pool;

	pool = huge_pages_add(1);
	cc.text = map_populated(SMAPS_MAX);
	check_clear(&cc, "1", "1: all pages");
	check_clear(&cc, "2", "2: anonymous memory");
	check_clear(&cc, "3", "3: mapped files");
	rule_skip(run, "4: soft-dirty", "user-mode Linux has no soft-dirty bit");
	check_clear(&cc, "5", "5: no page");
	check_use(&cc);
	check_refused(&cc);
	unmap_populated(cc.text, SMAPS_MAX);
	huge_pages_restore(pool);
}

const struct rule rule_u3 = {
	"U3", "clear_refs", check_clear_refs_rule
};
