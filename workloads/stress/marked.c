// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/util.h"
#include "stress/marked.h"

#define RW		(PROT_READ | PROT_WRITE)

#define FILE_PAGES	UINT64_C(32)

/* Every @step-th page is populated, none if it is 0. */
static const struct piece {
	const struct memory *memory;
	uint64_t pages, step;
} pieces[] = {
	{ &mem_anon_apart, 3, 1 },
	{ &mem_file_shared, 4, 1 },
	{ &mem_anon_apart, 1, 1 },
	{ &mem_anon_apart, 5, 2 },
	{ &mem_file_shared, 6, 0 },
	{ &mem_anon_apart, 7, 0 },
	{ &mem_hugetlb, HUGE_PAGES, 1 },
	{ &mem_anon_apart, 600, 97 },
	{ &mem_file_shared, 9, 3 },
	{ &mem_anon_apart, 2, 1 },
	/* Only if there is such memory. */
	{ &mem_thp, HUGE_PAGES, 1 },
};

static int open_file(void)
{
	int fd = memfd_create("marked", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, FILE_PAGES * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	return fd;
}

/* Where the next VMA may begin: behind the room, and aligned to its page. */
static uint64_t next_start(const struct layout *layout,
			   const struct memory *memory)
{
	uint64_t start = layout->pages + ROOM_PAGES;

	if (!memory_is(memory, BACKING_HUGETLB) && !memory->thp)
		return start;
	return (start + HUGE_PAGES - 1) / HUGE_PAGES * HUGE_PAGES;
}

void marked_describe(struct marked *marked, bool with_thp)
{
	struct layout *layout = &marked->layout;
	uint64_t offset = 0;
	size_t i;

	*marked = (struct marked){
		.layout = { .name = "marked", .base = LAYOUT_BASE },
		.file = open_file(),
	};
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct piece *piece = pieces + i;
		uint64_t start = next_start(layout, piece->memory);
		struct region *region;

		if (piece->memory->thp && !with_thp)
			continue;
		region = layout_vma_at(layout, start, piece->memory,
				       piece->pages);
		region_populate(region, 0, piece->pages / region_unit(region),
				piece->step);
		if (!memory_is(piece->memory, BACKING_FILE))
			continue;
		region->file = marked->file;
		region->offset = offset;
		offset += piece->pages;
	}
	layout_hole(layout, ROOM_PAGES);
}

uint64_t room_behind(const struct region *region)
{
	return region->start + region->pages;
}
