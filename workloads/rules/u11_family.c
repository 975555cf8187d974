// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/uffd.h"
#include "kernel/util.h"
#include "rules/u11_family.h"
#include "space/file.h"
#include "space/ksm.h"
#include "space/pool.h"
#include "space/subject.h"
#include "space/swap.h"

#define FILE_SIZE	(96 * PAGE_SIZE)
#define RW		(PROT_READ | PROT_WRITE)

enum {
	ANON_3, ANON_2, DIRTY_3, DIRTY_2, CLEAN_3, CLEAN_2, CLEAN, RAMFS_2,
	COPIED, WRITTEN, ZERO, LOCKED, ON_FAULT, LOCKED_3, UNLOCKED, LAZY, COLD,
	NO_ACCESS, OUT, OUT_2, OUT_3, READ_AGAIN, READ_THERE, OUT_SHMEM,
	OUT_COPIED, MERGED, MERGED_COPIED, MARKED, MARKED_SHMEM, MARKED_HUGE,
	HUGE_2, HUGE_MARKED_SHARED,
};

/*
 * The truth follows from what the functions below do. Pages of three are so many
 * that neither a VMA nor all of them have a whole number of kilobytes: the kernel
 * may round each third down.
 */
struct family_piece family_pieces[] = {
	[ANON_3] = { "anon of three", FAMILY_ANON, false, 500, 6,
		     .there = 4, .sharers = 3, .referenced = 4 },
	[ANON_2] = { "anon of two", FAMILY_ANON, false, 507, 7,
		     .there = 5, .sharers = 2, .referenced = 5 },
	[DIRTY_3] = { "shmem of three", FAMILY_SHMEM, true, 515, 6,
		      .there = 5, .sharers = 3, .referenced = 5 },
	[DIRTY_2] = { "shmem of two", FAMILY_SHMEM, true, 522, 4,
		      .there = 3, .sharers = 2, .referenced = 3 },
	[CLEAN_3] = { "clean shmem of three", FAMILY_SHMEM, true, 527, 4,
		      .there = 4, .sharers = 3, .clean = 4, .referenced = 4 },
	[CLEAN_2] = { "clean shmem of two", FAMILY_SHMEM, true, 532, 2,
		      .there = 2, .sharers = 2, .clean = 2, .referenced = 2 },
	[CLEAN] = { "clean shmem", FAMILY_SHMEM, true, 535, 3,
		    .there = 3, .sharers = 1, .clean = 3, .referenced = 3 },
	[RAMFS_2] = { "ramfs of two", FAMILY_RAMFS, true, 539, 4,
		      .there = 3, .sharers = 2, .referenced = 3 },
	[COPIED] = { "copied shmem", FAMILY_SHMEM, false, 544, 5,
		     .there = 2, .sharers = 1, .referenced = 2 },
	[WRITTEN] = { "shmem written by write()", FAMILY_SHMEM, true, 593, 3,
		      .there = 2, .sharers = 1, .referenced = 2 },
	[ZERO] = { "zero page", FAMILY_ANON, false, 550, 4, .sharers = 1,
		   .zero = 3 },
	[LOCKED] = { "locked", FAMILY_ANON, false, 555, 5, .there = 5,
		     .sharers = 1, .referenced = 5, .locked = true,
		     .flags = "lo" },
	[ON_FAULT] = { "locked on fault", FAMILY_ANON, false, 561, 5,
		       .there = 2, .sharers = 1, .referenced = 2,
		       .locked = true, .flags = "lo lf" },
	[LOCKED_3] = { "locked shmem of three", FAMILY_SHMEM, true, 567, 1,
		       .there = 1, .sharers = 3, .referenced = 1,
		       .locked = true, .flags = "lo" },
	[UNLOCKED] = { "unlocked", FAMILY_ANON, false, 569, 3, .there = 3,
		       .sharers = 1, .referenced = 3 },
	[LAZY] = { "lazily freed", FAMILY_ANON, false, 573, 5, .there = 5,
		   .sharers = 1, .clean = 4, .referenced = 1, .lazy = 4 },
	[COLD] = { "cold", FAMILY_ANON, false, 579, 7, .there = 7,
		   .sharers = 1, .referenced = 3 },
	[NO_ACCESS] = { "no access", FAMILY_ANON, false, 587, 4, .there = 3,
			.sharers = 1, .referenced = 3 },
	[OUT] = { "swapped out", FAMILY_ANON, false, 600, 12, .there = 2,
		  .sharers = 1, .referenced = 2, .out = 7, .out_sharers = 1,
		  .needs = NEEDS_SWAP },
	[OUT_2] = { "swapped out of two", FAMILY_ANON, false, 613, 6,
		    .sharers = 1, .out = 5, .out_sharers = 2,
		    .needs = NEEDS_SWAP },
	[OUT_3] = { "swapped out of three", FAMILY_ANON, false, 620, 6,
		    .sharers = 1, .out = 4, .out_sharers = 3,
		    .needs = NEEDS_SWAP },
	/* Two had these out. One of them has read them since, and not written. */
	[READ_AGAIN] = { "swapped out, and read", FAMILY_ANON, false, 627, 3,
			 .there = 3, .sharers = 1, .clean = 3, .referenced = 3,
			 .needs = NEEDS_SWAP },
	[READ_THERE] = { "swapped out, and read by another", FAMILY_ANON, false,
			 631, 3, .sharers = 1, .out = 3, .out_sharers = 1,
			 .needs = NEEDS_SWAP },
	[OUT_SHMEM] = { "swapped out shmem", FAMILY_SHMEM, true, 635, 8,
			.there = 2, .sharers = 1, .referenced = 2, .out = 5,
			.needs = NEEDS_SWAP },
	[OUT_COPIED] = { "copied shmem, the rest swapped out", FAMILY_SHMEM,
			 false, 644, 7, .there = 2, .sharers = 1,
			 .referenced = 2, .out = 5, .needs = NEEDS_SWAP },
	[MERGED] = { "merged", FAMILY_ANON, false, 652, 8, .there = 6,
		     .sharers = 2, .referenced = 6, .merged = 6,
		     .flags = "mg", .needs = NEEDS_KSM },
	[MERGED_COPIED] = { "two merged pages, one copied since", FAMILY_ANON,
			    false, 664, 3, .there = 2, .sharers = 1,
			    .referenced = 2, .merged = 1, .flags = "mg",
			    .needs = NEEDS_KSM },
	[MARKED] = { "markers in anon", FAMILY_ANON, false, 1020, 12,
		     .there = 4, .sharers = 1, .referenced = 4, .poisoned = 2,
		     .flags = "um uw" },
	[MARKED_SHMEM] = { "markers in shmem", FAMILY_SHMEM, true, 1033, 10,
			   .there = 3, .sharers = 1, .referenced = 3,
			   .poisoned = 2, .flags = "um uw" },
	[MARKED_HUGE] = { "markers in hugetlb", FAMILY_HUGETLB, false, 1536,
			  3 * HUGE_PAGES, .there = 1, .sharers = 1,
			  .poisoned = HUGE_PAGES,
			  .flags = "um uw" },
	[HUGE_2] = { "hugetlb of two", FAMILY_HUGETLB, true, 3072,
		     2 * HUGE_PAGES, .there = 1, .sharers = 2 },
	[HUGE_MARKED_SHARED] = { "markers in shared hugetlb", FAMILY_HUGETLB,
				 true, 4096, 2 * HUGE_PAGES, .there = 1,
				 .sharers = 1, .poisoned = HUGE_PAGES,
				 .flags = "um uw" },
};

const size_t nr_family_pieces = ARRAY_SIZE(family_pieces);

#define HUGE_THERE	3

static char *page_of(int piece, uint64_t page)
{
	uint64_t start = family_pieces[piece].start + page;

	return (char *)(RULE_BASE + start * PAGE_SIZE);
}

static void write_pages(int piece, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		*page_of(piece, from) = 1;
}

static void read_pages(int piece, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		asm volatile("" : : "r" (*page_of(piece, from))); /* read it */
}

static void advise(int piece, uint64_t from, uint64_t to, int advice)
{
	if (madvise(page_of(piece, from), (to - from) * PAGE_SIZE, advice))
		die("madvise of %s: %s", family_pieces[piece].name,
		    strerror(errno));
}

static void lock(int piece, unsigned int flags)
{
	uint64_t size = family_pieces[piece].pages * PAGE_SIZE;

	if (mlock2(page_of(piece, 0), size, flags))
		die("mlock of %s: %s", family_pieces[piece].name,
		    strerror(errno));
}

static void open_files(struct family *family)
{
	family->shmem = file_on(ON_MEMFD, FILE_SIZE);
	family->ramfs = file_on(ON_RAMFS, FILE_SIZE);
	must(family->shmem >= 0 && family->ramfs >= 0, "files in memory");
}

static void write_file(int fd, uint64_t offset)
{
	static const char two_pages[2 * PAGE_SIZE];

	if (pwrite(fd, two_pages, sizeof(two_pages), offset) < 0)
		die("memfd: %s", strerror(errno));
}

/* Each piece has pages of its own in the files. */
static uint64_t offset_of(int piece)
{
	uint64_t offset = 0;
	int i;

	for (i = 0; i < piece; i++)
		if (family_pieces[i].source == FAMILY_SHMEM)
			offset += (family_pieces[i].pages + 1) * PAGE_SIZE;
	return offset;
}

static void map_piece(const struct family *family, int i)
{
	const struct family_piece *piece = family_pieces + i;
	int flags = MAP_FIXED_NOREPLACE, fd = -1;

	flags |= piece->shared ? MAP_SHARED : MAP_PRIVATE;
	if (piece->source == FAMILY_HUGETLB)
		flags |= MAP_HUGETLB | MAP_NORESERVE;
	if (piece->source == FAMILY_SHMEM)
		fd = family->shmem;
	else if (piece->source == FAMILY_RAMFS)
		fd = family->ramfs;
	else
		flags |= MAP_ANONYMOUS;
	if (mmap(page_of(i, 0), piece->pages * PAGE_SIZE, RW, flags, fd,
		 fd < 0 ? 0 : offset_of(i)) == MAP_FAILED)
		die("mapping %s: %s", piece->name, strerror(errno));
}

static void map_pieces(const struct family *family)
{
	size_t i;

	for (i = 0; i < nr_family_pieces; i++)
		map_piece(family, i);
	write_file(family->shmem, offset_of(WRITTEN));
}

/* The third process has what is anonymous by fork(), before the second writes. */
static void use_third(struct resident *self, void *arg)
{
	(void)self;
	(void)arg;
	write_pages(DIRTY_3, 0, 5);
	read_pages(CLEAN_3, 0, 4);
	write_pages(LOCKED_3, 0, 1);
}

static void use_second(void)
{
	write_pages(ANON_2, 1, 6);
	write_pages(DIRTY_3, 0, 5);
	write_pages(DIRTY_2, 1, 4);
	read_pages(CLEAN_3, 0, 4);
	read_pages(CLEAN_2, 0, 2);
	write_pages(LOCKED_3, 0, 1);
	write_pages(RAMFS_2, 0, 3);
	write_pages(HUGE_2, HUGE_PAGES, HUGE_PAGES + 1);
}

static void use_shared(void)
{
	read_pages(ANON_3, 1, 5);
	read_pages(ANON_2, 1, 6);
	write_pages(DIRTY_3, 0, 5);
	write_pages(DIRTY_2, 1, 4);
	read_pages(CLEAN_3, 0, 4);
	read_pages(CLEAN_2, 0, 2);
	read_pages(CLEAN, 0, 3);
	write_pages(RAMFS_2, 0, 3);
	write_pages(LOCKED_3, 0, 1);
	write_pages(HUGE_2, HUGE_PAGES, HUGE_PAGES + 1);
}

static void swap_out_pages(int piece, uint64_t pages)
{
	swap_out((uintptr_t)page_of(piece, 0), &(struct range){ 0, pages, 1 },
		 family_pieces[piece].shared);
}

/* Private memory of a file is copied, and then the whole file swapped out. */
static void swap_out_file(const struct family *family, int piece)
{
	uint64_t pages = family_pieces[piece].pages;
	void *file = mmap(NULL, pages * PAGE_SIZE, RW, MAP_SHARED,
			  family->shmem, offset_of(piece));

	must(file != MAP_FAILED, "mapping what is swapped out");
	swap_out((uintptr_t)file, &(struct range){ 0, pages, 1 }, true);
	munmap(file, pages * PAGE_SIZE);
}

static void use_swapped(const struct family *family)
{
	if (swap_missing())
		return;
	swap_out_pages(OUT, 7);
	write_pages(OUT, 7, 9);
	swap_out_pages(OUT_SHMEM, 5);
	write_pages(OUT_SHMEM, 5, 7);
	write_pages(OUT_COPIED, 0, 2);
	swap_out_file(family, OUT_COPIED);
	read_pages(READ_AGAIN, 0, 3);
}

static void write_mergeable(int piece, uint64_t pages)
{
	ksm_write_pairs((uintptr_t)page_of(piece, 0),
			&(struct range){ 0, pages, 1 });
	advise(piece, 0, family_pieces[piece].pages, MADV_MERGEABLE);
}

static void use_merged(void)
{
	if (ksm_missing())
		return;
	write_mergeable(MERGED, 6);
	write_mergeable(MERGED_COPIED, 2);
	ksm_merge(6 + 2);
	write_pages(MERGED_COPIED, 1, 2);
}

static void use_own(void)
{
	write_pages(COPIED, 2, 4);
	read_pages(WRITTEN, 0, 2);
	read_pages(ZERO, 0, 3);
	write_pages(LOCKED, 1, 3);
	lock(LOCKED, 0);
	lock(ON_FAULT, MLOCK_ONFAULT);
	write_pages(ON_FAULT, 2, 4);
	lock(LOCKED_3, 0);
	lock(UNLOCKED, 0);
	if (munlock(page_of(UNLOCKED, 0), 3 * PAGE_SIZE))
		die("munlock: %s", strerror(errno));
	write_pages(LAZY, 0, 5);
	advise(LAZY, 0, 5, MADV_FREE);
	/* The next call makes the kernel finish what the first began. */
	advise(ZERO, 3, 4, MADV_FREE);
	write_pages(LAZY, 2, 3);
	write_pages(COLD, 0, 7);
	advise(COLD, 2, 6, MADV_COLD);
	write_pages(NO_ACCESS, 0, 3);
	if (mprotect(page_of(NO_ACCESS, 0), 4 * PAGE_SIZE, PROT_NONE))
		die("mprotect: %s", strerror(errno));
}

static void mark(int fd, int piece, uint64_t poison, uint64_t pages)
{
	const struct family_piece *of = family_pieces + piece;
	uint64_t start = (uintptr_t)page_of(piece, 0);

	uffd_must("register", uffd_register(fd, UFFD_MISSING | UFFD_WP, start,
					    of->pages * PAGE_SIZE));
	uffd_must("poison", uffd_poison(fd, (uintptr_t)page_of(piece, poison),
					pages * PAGE_SIZE));
	/* Absent pages get markers, and those that are there a bit. */
	uffd_must("protect", uffd_protect(fd, start, of->pages * PAGE_SIZE,
					  true));
}

/* @fd stays open for as long as the process lives. */
static void use_marked(void)
{
	int fd = uffd_must("open", uffd_open(UFFD_WP_SHMEM |
					     UFFD_WP_UNPOPULATED));

	write_pages(MARKED, 2, 6);
	write_pages(MARKED_SHMEM, 1, 4);
	write_pages(MARKED_HUGE, 0, 1);
	write_pages(HUGE_MARKED_SHARED, 0, 1);
	mark(fd, MARKED, 8, 2);
	mark(fd, MARKED_SHMEM, 5, 2);
	mark(fd, MARKED_HUGE, HUGE_PAGES, HUGE_PAGES);
	mark(fd, HUGE_MARKED_SHARED, HUGE_PAGES, HUGE_PAGES);
}

static int fork_process(const struct family *family)
{
	uint64_t last = address_space_end();
	int pid = fork_or_die();

	if (!pid) {
		use_shared();
		use_own();
		use_marked();
		use_swapped(family);
		use_merged();
		leave_all_but(RULE_BASE, RULE_BASE + FAMILY_PAGES * PAGE_SIZE,
			      last);
	}
	if (!WIFSTOPPED(wait_for(pid, WUNTRACED)))
		die("the process that has all kinds of pages did not stop");
	return pid;
}

const char *family_missing(const struct family_piece *piece)
{
	switch (piece->needs) {
	case NEEDS_SWAP:
		return swap_missing();
	case NEEDS_KSM:
		return ksm_missing();
	default:
		return NULL;
	}
}

/* Of pieces that need what there is not, only the VMA is there. */
static void leave_out_missing(void)
{
	size_t i;

	for (i = 0; i < nr_family_pieces; i++) {
		struct family_piece *piece = family_pieces + i;

		if (!family_missing(piece))
			continue;
		piece->there = 0;
		piece->clean = 0;
		piece->referenced = 0;
		piece->out = 0;
		piece->merged = 0;
		piece->flags = NULL;
	}
}

/* In the swap cache are pages that were read, so they are read last. */
void family_start(struct family *family)
{
	bool swap = !swap_missing();

	leave_out_missing();
	family->pool = pool_add(HUGE_THERE);
	open_files(family);
	map_pieces(family);
	write_pages(ANON_3, 1, 5);
	if (swap) {
		swap_take();
		swap_out_pages(OUT_3, 4);
	}
	resident_start(&family->third, use_third, NULL);
	use_second();
	if (swap) {
		swap_out_pages(OUT_2, 5);
		swap_out_pages(READ_AGAIN, 3);
		swap_out_pages(READ_THERE, 3);
	}
	family->pid = fork_process(family);
	if (swap)
		read_pages(READ_THERE, 0, 3);
}

void family_stop(struct family *family)
{
	kill(family->pid, SIGKILL);
	wait_for(family->pid, 0);
	resident_stop(&family->third);
	munmap((void *)RULE_BASE, FAMILY_PAGES * PAGE_SIZE);
	close(family->shmem);
	close(family->ramfs);
	if (!swap_missing())
		swap_give_back();
	pool_restore(family->pool);
}
