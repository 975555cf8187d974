// SPDX-License-Identifier: GPL-2.0
/*
 * U4: mincore() equals the truth for anonymous memory, files, hugetlb and
 * PFNMAP, whichever part of it is asked for.
 *
 * It answers through a page of kernel memory. A byte that the walk does not
 * set is what somebody else left in that page. To make this show, a pipe's
 * buffer, full of a pattern, is freed just before each call.
 *
 * mincore() looks at the caller's own memory, so there is no subject here.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "space/subject.h"

#define BASE		UINT64_C(0x1800000000)

#define RAMFS		"/tmp/ramfs"
#define FILE_PAGES	16
#define FILE_STEP	3	/* every third page of a file is cached */

#define REACH		UINT64_C(6)	/* pages around a joint */
#define VECTOR_MAX	4608
#define GUARD		16

#define LEFTOVER	0xa5	/* in the page that mincore() will use */
#define UNTOUCHED	0x77	/* in the vector */

enum backing { ANON, PFNMAP, HUGETLB, TMPFS, RAMFS_FILE };

/*
 * The address space, by pages from the base. Each run is without holes. In
 * anonymous memory and hugetlb every @step-th (huge) page is present; a file
 * is mapped from page @step of it on.
 */
static const struct piece {
	const char *name;
	enum backing backing;
	int flags;
	uint64_t start, pages, step;
} pieces[] = {
	{ "anon", ANON, MAP_PRIVATE, 490, 9, 2 },
	{ "pfnmap", PFNMAP, MAP_SHARED, 499, 5, 1 },
	{ "tmpfs", TMPFS, MAP_SHARED, 504, 9, 0 },
	{ "pfnmap", PFNMAP, MAP_SHARED, 513, 4, 1 },
	{ "ramfs", RAMFS_FILE, MAP_PRIVATE, 517, 9, 5 },
	{ "absent anon", ANON, MAP_PRIVATE, 526, 7, 0 },
	{ "tmpfs", TMPFS, MAP_PRIVATE, 533, 8, 7 },
	{ "anon", ANON, MAP_PRIVATE, 541, 1024 - 541, 1 },
	{ "hugetlb", HUGETLB, MAP_PRIVATE, 1024, 1024, 2 },
	{ "ramfs", RAMFS_FILE, MAP_SHARED, 2048, 11, 1 },
	{ "absent hugetlb", HUGETLB, MAP_PRIVATE, 2560, 512, 0 },
	{ "pfnmap", PFNMAP, MAP_SHARED, 3072, 7, 1 },
	{ "anon", ANON, MAP_PRIVATE, TOP_PAGES - 7, 7, 1 },
	{ "tableless hugetlb", HUGETLB, MAP_PRIVATE, TOP_PAGES, VECTOR_MAX, 0 },
};

struct mincore_check {
	struct rule_run *run;
	struct check *check;
	int files[RAMFS_FILE + 1];
	unsigned char vector[VECTOR_MAX + GUARD];
	unsigned char pattern[PAGE_SIZE];
};

static uint64_t address_of(uint64_t page)
{
	return BASE + page * PAGE_SIZE;
}

static const struct piece *piece_at(uint64_t page)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		if (page >= pieces[i].start &&
		    page < pieces[i].start + pieces[i].pages)
			return pieces + i;
	return NULL;
}

static bool is_file(const struct piece *piece)
{
	return piece->backing == TMPFS || piece->backing == RAMFS_FILE;
}

/* Is it in core? PFNMAP may be, or not; see right_byte(). */
static bool in_core(const struct piece *piece, uint64_t page)
{
	uint64_t i = page - piece->start;

	if (is_file(piece))
		return (i + piece->step) % FILE_STEP == 0;
	if (piece->backing == HUGETLB)
		i /= HUGE_PAGES;
	return piece->step && i % piece->step == 0;
}

/*
 * Whether memory that has no struct page is "in core" mincore(2) leaves open,
 * and kernels have said both. But they have to say something.
 */
static bool right_byte(const struct piece *piece, uint64_t page,
		       unsigned char byte)
{
	if (piece->backing == PFNMAP)
		return byte <= 1;
	return byte == in_core(piece, page);
}

static void leave_pattern(struct mincore_check *mc)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	if (write(ends[1], mc->pattern, PAGE_SIZE) != PAGE_SIZE)
		die("writing to a pipe: %s", strerror(errno));
	close(ends[1]);
	close(ends[0]);
}

static void byte_fail(struct mincore_check *mc, uint64_t from, uint64_t pages,
		      uint64_t i)
{
	const struct piece *piece = piece_at(from + i);
	unsigned char byte = mc->vector[i];
	const char *what = "";

	if (byte == LEFTOVER)
		what = ", which the kernel never set: what a pipe left in that page of kernel memory";
	else if (byte == UNTOUCHED)
		what = ", which the kernel never wrote";
	check_fail(mc->check, "mincore of %" PRIu64 " page%s at 0x%" PRIx64 ": page 0x%" PRIx64 " (%s) got 0x%02x%s; expected %s",
		   pages, pages == 1 ? "" : "s", address_of(from),
		   address_of(from + i), piece->name, byte, what,
		   piece->backing == PFNMAP ? "0 or 1" :
		   in_core(piece, from + i) ? "1" : "0");
}

static void check_vector(struct mincore_check *mc, uint64_t from,
			 uint64_t pages)
{
	uint64_t i;

	memset(mc->vector, UNTOUCHED, pages + GUARD);
	leave_pattern(mc);
	mc->check->checked += pages;
	if (mincore((void *)address_of(from), pages * PAGE_SIZE, mc->vector)) {
		check_fail(mc->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": %s",
			   pages, address_of(from), strerror(errno));
		return;
	}
	for (i = 0; i < pages; i++)
		if (!right_byte(piece_at(from + i), from + i, mc->vector[i]))
			byte_fail(mc, from, pages, i);
	for (; i < pages + GUARD; i++)
		if (mc->vector[i] != UNTOUCHED)
			check_fail(mc->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": wrote behind the vector",
				   pages, address_of(from));
}

/* Pages around the start of piece @i for as far as there is no hole. */
static uint64_t joint_begin(size_t i)
{
	uint64_t start = pieces[i].start, page;

	for (page = start; page > start - REACH && piece_at(page - 1); page--)
		;
	return page;
}

static uint64_t joint_end(size_t i)
{
	uint64_t start = pieces[i].start, page;

	for (page = start; page < start + REACH && piece_at(page); page++)
		;
	return page;
}

static void check_joint(struct mincore_check *mc, size_t i)
{
	uint64_t begin = joint_begin(i), end = joint_end(i), from, pages;
	const struct piece *left = piece_at(pieces[i].start - 1);

	mc->check = rule_case(mc->run, "%s|%s at page %" PRIu64,
			      left ? left->name : "hole", pieces[i].name,
			      pieces[i].start);
	for (pages = 1; pages <= end - begin; pages++)
		for (from = begin; from + pages <= end; from++)
			check_vector(mc, from, pages);
}

static void check_whole(struct mincore_check *mc)
{
	size_t i;

	mc->check = rule_case(mc->run, "whole VMAs");
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		check_vector(mc, pieces[i].start, pieces[i].pages);
}

static void expect_error(struct mincore_check *mc, uint64_t address,
			 uint64_t pages, int expected)
{
	int got = mincore((void *)address, pages * PAGE_SIZE, mc->vector);

	mc->check->checked++;
	if (!got || errno != expected)
		check_fail(mc->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": %s, expected %s",
			   pages, address, got ? strerror(errno) : "success",
			   strerror(expected));
}

static void check_errors(struct mincore_check *mc)
{
	mc->check = rule_case(mc->run, "refused");
	expect_error(mc, address_of(pieces[0].start - 1), 2, ENOMEM);
	expect_error(mc, address_of(2058), 2, ENOMEM);
	expect_error(mc, address_of(3078), 2, ENOMEM);
	expect_error(mc, address_of(pieces[0].start) + 1, 1, EINVAL);
}

/* A file of which every third page is there, by writing it. */
static int open_file(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[80];
	uint64_t i;

	if (fd < 0) {		/* ramfs has had O_TMPFILE since 6.1 only */
		snprintf(path, sizeof(path), "%s/file", folder);
		fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
		unlink(path);
	}
	if (fd < 0 || ftruncate(fd, FILE_PAGES * PAGE_SIZE))
		die("%s: a file in it: %s", folder, strerror(errno));
	for (i = 0; i < FILE_PAGES; i += FILE_STEP)
		if (pwrite(fd, "x", 1, i * PAGE_SIZE) != 1)
			die("%s: a file in it: %s", folder, strerror(errno));
	return fd;
}

static void map_piece(const struct mincore_check *mc, const struct piece *piece)
{
	int flags = piece->flags | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
	int fd = mc->files[piece->backing];

	if (piece->backing == HUGETLB)
		flags |= MAP_HUGETLB;
	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	if (mmap((void *)address_of(piece->start), piece->pages * PAGE_SIZE,
		 PROT_READ | PROT_WRITE, flags, fd,
		 is_file(piece) ? piece->step * PAGE_SIZE : 0) == MAP_FAILED)
		die("mapping %s at 0x%" PRIx64 ": %s", piece->name,
		    address_of(piece->start), strerror(errno));
}

/* Half of what a file has cached is mapped, too. */
static void populate_piece(const struct mincore_check *mc,
			   const struct piece *piece)
{
	uint64_t unit = piece->backing == HUGETLB ? HUGE_PAGES : 1;
	uint64_t first = 0, step = piece->step * unit;

	if (is_file(piece)) {
		first = (FILE_STEP - piece->step % FILE_STEP) % FILE_STEP;
		step = 2 * FILE_STEP;
	} else if (piece->backing == PFNMAP || !step) {
		return;
	}
	probe_populate(mc->run->probe, 0, address_of(piece->start + first),
		       address_of(piece->start + piece->pages),
		       step * PAGE_SIZE);
}

static void map_pieces(struct mincore_check *mc)
{
	size_t i;

	mkdir(RAMFS, 0700);
	if (mount("ramfs", RAMFS, "ramfs", 0, NULL))
		die("mounting ramfs on %s: %s", RAMFS, strerror(errno));
	mc->files[ANON] = -1;
	mc->files[HUGETLB] = -1;
	mc->files[PFNMAP] = mc->run->probe;
	mc->files[TMPFS] = open_file("/tmp");
	mc->files[RAMFS_FILE] = open_file(RAMFS);
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		map_piece(mc, pieces + i);
		populate_piece(mc, pieces + i);
	}
}

static void unmap_pieces(struct mincore_check *mc)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		munmap((void *)address_of(pieces[i].start),
		       pieces[i].pages * PAGE_SIZE);
	close(mc->files[TMPFS]);
	close(mc->files[RAMFS_FILE]);
	umount(RAMFS);
	rmdir(RAMFS);
}

static void check_mincore_rule(struct rule_run *run)
{
	static struct mincore_check mc;
	uint64_t pool;
	size_t i;

	mc = (struct mincore_check){ .run = run };
	memset(mc.pattern, LEFTOVER, sizeof(mc.pattern));
	pool = huge_pages_add(1);
	map_pieces(&mc);
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		check_joint(&mc, i);
	check_whole(&mc);
	check_errors(&mc);
	unmap_pieces(&mc);
	huge_pages_restore(pool);
}

const struct rule rule_u4 = { "U4", "mincore", check_mincore_rule };
