// SPDX-License-Identifier: GPL-2.0
/*
 * U4: mincore() equals the truth for anonymous memory, files, hugetlb and
 * PFNMAP, whichever part of it is asked for.
 *
 * A byte that the walk does not set has what was left in kernel memory: here,
 * always the same.
 *
 * mincore() looks at the caller's own memory, so there is no subject here.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/leftover.h"
#include "kernel/util.h"
#include "rules/u4.h"
#include "space/file.h"
#include "space/map.h"
#include "space/pool.h"

#define FILE_PAGES	16
#define FILE_STEP	3	/* every third page of a file is cached */

#define REACH		UINT64_C(6)	/* pages around a joint */
#define VECTOR_MAX	4608
#define GUARD		16

#define UNTOUCHED	0x77	/* content of the vector */

#define RW		(PROT_READ | PROT_WRITE)

static const struct memory absent_anon = {
	"absent anon", BACKING_ANON, .prot = RW
};
static const struct memory absent_hugetlb = {
	"absent hugetlb", BACKING_HUGETLB, .prot = RW
};
static const struct memory tableless_hugetlb = {
	"tableless hugetlb", BACKING_HUGETLB, .prot = RW
};
static const struct memory tmpfs = { "tmpfs", BACKING_FILE, .prot = RW };
static const struct memory shared_tmpfs = {
	"tmpfs", BACKING_FILE, .prot = RW, .shared = true
};
static const struct memory ramfs = { "ramfs", BACKING_FILE, .prot = RW };
static const struct memory shared_ramfs = {
	"ramfs", BACKING_FILE, .prot = RW, .shared = true
};

/*
 * The address space, in pages from the base. Each run has no holes. In
 * anonymous memory and hugetlb every @step-th (huge) page is present; a file is
 * mapped from its page @step on.
 */
static const struct piece {
	const struct memory *memory;
	uint64_t start, pages, step;
} pieces[] = {
	{ &mem_anon, 490, 9, 2 },
	{ &mem_pfnmap, 499, 5, 0 },
	{ &shared_tmpfs, 504, 9, 0 },
	{ &mem_pfnmap, 513, 4, 0 },
	{ &ramfs, 517, 9, 5 },
	{ &absent_anon, 526, 7, 0 },
	{ &tmpfs, 533, 8, 7 },
	{ &mem_anon, 541, 1024 - 541, 1 },
	{ &mem_hugetlb, 1024, 1024, 2 },
	{ &shared_ramfs, 2048, 11, 1 },
	{ &absent_hugetlb, 2560, 512, 0 },
	{ &mem_pfnmap, 3072, 7, 0 },
	{ &mem_anon, TOP_PAGES - 7, 7, 1 },
	{ &tableless_hugetlb, TOP_PAGES, VECTOR_MAX, 0 },
};

struct mincore_check {
	struct rule_run *run;
	struct check *check;
	struct layout layout;
	int tmpfs, ramfs;	/* files in tmpfs and ramfs */
	unsigned char vector[VECTOR_MAX + GUARD];
};

static uint64_t address_of(uint64_t page)
{
	return RULE_BASE + page * PAGE_SIZE;
}

/* Is the page in core? PFNMAP may be or not, see right_byte(). */
static bool in_core(const struct truth *truth, uint64_t page)
{
	const struct region *region = truth->region;

	if (memory_is(truth->memory, BACKING_FILE))
		return (page - region->start + region->offset) % FILE_STEP == 0;
	return truth->present;
}

/*
 * mincore(2) leaves open whether memory without a struct page is "in core", and
 * kernels have said both. But they have to say something.
 */
static bool right_byte(const struct truth *truth, uint64_t page,
		       unsigned char byte)
{
	if (memory_is_pfnmap(truth->memory))
		return byte <= 1;
	return byte == in_core(truth, page);
}

static void byte_fail(struct mincore_check *mc, uint64_t from, uint64_t pages,
		      uint64_t i)
{
	struct truth truth = layout_at(&mc->layout, from + i);
	unsigned char byte = mc->vector[i];
	const char *what = "";

	if (byte == LEFTOVER)
		what = ", which the kernel never set: what a pipe left in that page of kernel memory";
	else if (byte == UNTOUCHED)
		what = ", which the kernel never wrote";
	check_fail(mc->check, "mincore of %" PRIu64 " page%s at 0x%" PRIx64 ": page 0x%" PRIx64 " (%s) got 0x%02x%s; expected %s",
		   pages, pages == 1 ? "" : "s", address_of(from),
		   address_of(from + i), truth.memory->name, byte, what,
		   memory_is_pfnmap(truth.memory) ? "0 or 1" :
		   in_core(&truth, from + i) ? "1" : "0");
}

static void check_vector(struct mincore_check *mc, uint64_t from,
			 uint64_t pages)
{
	uint64_t i;

	memset(mc->vector, UNTOUCHED, pages + GUARD);
	leave_in_kernel_memory();
	mc->check->checked += pages;
	if (mincore((void *)address_of(from), pages * PAGE_SIZE, mc->vector)) {
		check_fail(mc->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": %s",
			   pages, address_of(from), strerror(errno));
		return;
	}
	for (i = 0; i < pages; i++) {
		struct truth truth = layout_at(&mc->layout, from + i);

		if (!right_byte(&truth, from + i, mc->vector[i]))
			byte_fail(mc, from, pages, i);
	}
	for (; i < pages + GUARD; i++)
		if (mc->vector[i] != UNTOUCHED)
			check_fail(mc->check, "mincore of %" PRIu64 " pages at 0x%" PRIx64 ": wrote behind the vector",
				   pages, address_of(from));
}

/* The pages around the start of region @i, as far as there is no hole. */
static uint64_t joint_begin(const struct layout *layout, size_t i)
{
	uint64_t start = layout->regions[i].start, page;

	for (page = start; page > start - REACH &&
	     layout_at(layout, page - 1).region; page--)
		;
	return page;
}

static uint64_t joint_end(const struct layout *layout, size_t i)
{
	uint64_t start = layout->regions[i].start, page;

	for (page = start; page < start + REACH &&
	     layout_at(layout, page).region; page++)
		;
	return page;
}

static void check_joint(struct mincore_check *mc, size_t i)
{
	const struct layout *layout = &mc->layout;
	const struct region *region = layout->regions + i;
	const struct memory *left = layout_at(layout, region->start - 1).memory;
	uint64_t begin = joint_begin(layout, i), end = joint_end(layout, i);
	uint64_t from, pages;

	mc->check = rule_case(mc->run, "%s|%s at page %" PRIu64,
			      left ? left->name : "hole", region->memory->name,
			      region->start);
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

/* Make a file, and write every third page of it. */
static int open_file(enum filesystem on)
{
	int fd = file_on(on, FILE_PAGES * PAGE_SIZE);
	uint64_t i;

	must(fd >= 0, "a file in memory");
	for (i = 0; i < FILE_PAGES; i += FILE_STEP)
		must(pwrite(fd, "x", 1, i * PAGE_SIZE) == 1,
		     "writing to a file in memory");
	return fd;
}

static void describe_piece(struct mincore_check *mc, const struct piece *piece)
{
	struct region *region =
		layout_vma_at(&mc->layout, piece->start,
			      memory_there(piece->memory, mc->run->probe),
			      piece->pages);
	uint64_t units = piece->pages / region_unit(region);

	if (!memory_is(piece->memory, BACKING_FILE)) {
		region_populate(region, 0, units, piece->step);
		return;
	}
	region->file = strcmp(piece->memory->name, ramfs.name) ? mc->tmpfs :
								 mc->ramfs;
	region->offset = piece->step;
	/* Half of what a file has cached is mapped, too. */
	region_populate(region, (FILE_STEP - piece->step % FILE_STEP) %
			FILE_STEP, units, 2 * FILE_STEP);
}

static void map_pieces(struct mincore_check *mc)
{
	const struct layout *layout = &mc->layout;
	size_t i;

	mc->tmpfs = open_file(ON_TMPFS);
	mc->ramfs = open_file(ON_RAMFS);
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		describe_piece(mc, pieces + i);
	layout_map_or_die(layout, mc->run->probe);
	for (i = 0; i < layout->nr_regions; i++)
		layout_populate(layout, layout->regions + i, mc->run->probe, 0);
}

static void unmap_pieces(struct mincore_check *mc)
{
	layout_unmap(&mc->layout);
	layout_free(&mc->layout);
	close(mc->tmpfs);
	close(mc->ramfs);
}

static void check_mincore_rule(struct rule_run *run)
{
	static struct mincore_check mc;
	uint64_t pool;
	size_t i;

	mc = (struct mincore_check){
		.run = run,
		.layout = { .name = "mincore", .base = RULE_BASE },
	};
	pool = pool_add(1);
	map_pieces(&mc);
	for (i = 0; i < ARRAY_SIZE(pieces); i++)
		check_joint(&mc, i);
	check_whole(&mc);
	check_errors(&mc);
	unmap_pieces(&mc);
	pool_restore(pool);
	check_mincore_of_swapped(run);
}

const struct rule rule_u4 = { "U4", "mincore", check_mincore_rule };
