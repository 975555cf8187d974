// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/util.h"
#include "space/kinds.h"

#define RW		(PROT_READ | PROT_WRITE)

#define FILE_PAGES	UINT64_C(256)

static const struct memory new_file = {
	"new shared file", BACKING_FILE, .prot = RW, .shared = true
};
static const struct memory read_file = {
	"read file", BACKING_FILE, .prot = PROT_READ, .content = CONTENT_READ
};

/*
 * Every @step-th page is populated, none if it is 0. What is read of a file is
 * populated as a whole, for the kernel maps neighbours, too.
 */
static const struct piece {
	const struct memory *memory;
	uint64_t start, pages, step;
} pieces[] = {
	{ &mem_anon, 480, 3, 1 },
	{ &mem_file_shared, 483, 4, 1 },
	{ &mem_anon, 487, 5, 2 },
	{ &read_file, 492, 12, 1 },
	{ &new_file, 504, 9, 3 },
	{ &mem_zero, 513, 7, 2 },
	{ &mem_file, 520, 9, 2 },
	{ &mem_file_shared, 530, 6, 0 },
	{ &mem_anon, 536, 7, 3 },
	{ &new_file, 543, 5, 0 },
	{ &mem_hugetlb, 1024, 2 * HUGE_PAGES, 2 },
	{ &mem_hugetlb_shared, 2048, HUGE_PAGES, 1 },
	{ &mem_file, 2560, 20, 7 },
	{ &read_file, 3060, 16, 1 },
	{ &mem_zero, 3076, 2, 1 },
	{ &mem_anon, 4000, 5000, 97 },
};

static int open_file(const char *name, bool full)
{
	static const char page[PAGE_SIZE];
	int fd = memfd_create(name, MFD_CLOEXEC);
	uint64_t i;

	if (fd < 0 || ftruncate(fd, FILE_PAGES * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	for (i = 0; full && i < FILE_PAGES; i++)
		if (pwrite(fd, page, sizeof(page), i * PAGE_SIZE) < 0)
			die("memfd: %s", strerror(errno));
	return fd;
}

/* No two VMAs have the same page of a file. */
void kinds_describe(struct kinds *kinds)
{
	struct layout *layout = &kinds->layout;
	uint64_t offset = 0;
	size_t i;

	*kinds = (struct kinds){
		.layout = { .name = "kinds", .base = LAYOUT_BASE },
		.full = open_file("full", true),
		.empty = open_file("empty", false),
	};
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct piece *piece = pieces + i;
		struct region *region = layout_vma_at(layout, piece->start,
						      piece->memory,
						      piece->pages);

		region_populate(region, 0, piece->pages / region_unit(region),
				piece->step);
		if (!memory_is(piece->memory, BACKING_FILE))
			continue;
		region->cached = piece->memory != &new_file;
		region->file = region->cached ? kinds->full : kinds->empty;
		region->offset = offset;
		offset += piece->pages + 1;
	}
	layout_hole(layout, 20);
}

void kinds_free(struct kinds *kinds)
{
	layout_free(&kinds->layout);
	close(kinds->full);
	close(kinds->empty);
}
