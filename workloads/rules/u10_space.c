// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/pagemap.h"
#include "kernel/scan.h"
#include "kernel/uffd.h"
#include "kernel/util.h"
#include "rules/u10_space.h"
#include "space/map.h"
#include "space/pool.h"
#include "truth/page.h"

static void describe(struct protect_space *space, int file)
{
	size_t i;

	space->layout = (struct layout){ .name = "protect", .base = RULE_BASE };
	for (i = 0; i < space->nr_pieces; i++) {
		const struct protect_piece *piece = space->pieces + i;
		struct region *region =
			layout_vma_at(&space->layout, piece->start,
				      memory_there(piece->memory, space->probe),
				      piece->pages);

		region->file = file;
		region->offset = piece->start;
		region_populate(region, piece->first,
				piece->pages / region_unit(region),
				piece->step);
	}
}

/* A page without a page of memory is SWAPPED if it has a marker. */
uint64_t protect_categories(const struct protect_page *page)
{
	bool marked = page->always & SCAN_SWAPPED;

	if (page->always & SCAN_PRESENT || marked)
		return page->always | (page->protected ? 0 : SCAN_WRITTEN);
	if (page->protected)
		return page->always | SCAN_SWAPPED;
	return page->always | (page_is_huge(page) ? 0 : SCAN_WRITTEN);
}

static void know_page(struct protect_space *space,
		      const struct protect_piece *piece, uint64_t number)
{
	struct truth truth = layout_at(&space->layout, number);
	struct protect_page *page = space->pages + number;

	page->piece = piece;
	page->always = page_categories(&truth);
	if (memory_is(piece->memory, BACKING_HUGETLB))
		page->always |= SCAN_HUGE;
	if (piece->registered == REGISTERED_ASYNC)
		page->always |= SCAN_WPALLOWED;
	if (piece->memory->content == CONTENT_POISON)
		page->always |= SCAN_SWAPPED;
}

static void know_pages(struct protect_space *space)
{
	uint64_t page;
	size_t i;

	space->pages = xcalloc(space->layout.pages, sizeof(*space->pages));
	for (i = 0; i < space->nr_pieces; i++)
		for (page = 0; page < space->pieces[i].pages; page++)
			know_page(space, space->pieces + i,
				  space->pieces[i].start + page);
}

/* Populate what only the owner can (@pid is 0), or else the rest. */
static void populate(const struct protect_space *space, int pid)
{
	const struct layout *layout = &space->layout;
	size_t i;

	for (i = 0; i < layout->nr_regions; i++)
		if (needs_owner(layout->regions + i) == !pid)
			layout_populate(layout, layout->regions + i,
					space->probe, pid);
}

/* The process that has the memory shares its files with this one. */
static void live(struct protect_space *space, int *uffds)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	layout_map_or_die(&space->layout, space->probe);
	populate(space, 0);
	uffds[0] = uffd_open(UFFD_NOTES_WRITES);
	uffds[1] = uffd_open(0);
	kill(getpid(), SIGSTOP);
	_exit(0);
}

static void born(struct protect_space *space)
{
	int *uffds = map_populated(PAGE_SIZE);

	space->pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (space->pid < 0)
		die("clone: %s", strerror(errno));
	if (!space->pid)
		live(space, uffds);
	if (!WIFSTOPPED(wait_for(space->pid, WUNTRACED)))
		die("protect: the process did not stop");
	space->async = uffds[0];
	space->sync = uffds[1];
	unmap_populated(uffds, PAGE_SIZE);
}

static void expect_done(const char *what, const struct protect_piece *piece,
			int err)
{
	if (err)
		die("userfaultfd: %s of %s memory at page %" PRIu64 ": %s",
		    what, piece->memory->name, piece->start, strerror(-err));
}

static int fd_of(const struct protect_space *space,
		 const struct protect_piece *piece)
{
	return piece->registered == REGISTERED_SYNC ? space->sync :
						      space->async;
}

static void prepare(struct protect_space *space,
		    const struct protect_piece *piece)
{
	uint64_t start = layout_address(&space->layout, piece->start);
	uint64_t size = piece->pages * PAGE_SIZE;

	if (piece->registered == REGISTERED_NOT)
		return;
	expect_done("registration", piece,
		    uffd_register(fd_of(space, piece),
				  piece->registered == REGISTERED_MISSING ?
				  UFFD_MISSING : UFFD_WP, start, size));
}

/* Synchronous protection is made once: scans leave it alone. */
static void protect_piece(struct protect_space *space,
			  const struct protect_piece *piece, bool protect)
{
	uint64_t start = layout_address(&space->layout, piece->start);
	uint64_t size = piece->pages * PAGE_SIZE, page;

	expect_done("protection", piece,
		    uffd_protect(fd_of(space, piece), start, size, protect));
	for (page = piece->start; page < piece->start + piece->pages; page++) {
		space->pages[page].protected = protect;
		space->pages[page].either = false;
	}
}

static bool is_touched(const struct protect_space *space,
		       const struct protect_piece *piece)
{
	uint64_t page;

	for (page = piece->start; page < piece->start + piece->pages; page++)
		if (space->pages[page].either ||
		    space->pages[page].protected != piece->protected)
			return true;
	return false;
}

void protect_reset(struct protect_space *space)
{
	size_t i;

	for (i = 0; i < space->nr_pieces; i++) {
		const struct protect_piece *piece = space->pieces + i;

		if (is_touched(space, piece))
			protect_piece(space, piece, piece->protected);
	}
}

void protect_read(const struct protect_space *space, uint64_t *entries)
{
	size_t i;

	for (i = 0; i < space->nr_pieces; i++) {
		const struct protect_piece *piece = space->pieces + i;

		if (!memory_is_pfnmap(piece->memory))
			pagemap_read(space->pagemap,
				     layout_address(&space->layout,
						    piece->start),
				     entries + piece->start, piece->pages);
	}
}

bool protect_start(struct protect_space *space,
		   const struct protect_piece *pieces, size_t nr_pieces,
		   int file, int probe)
{
	size_t i;

	*space = (struct protect_space){
		.pieces = pieces, .nr_pieces = nr_pieces, .probe = probe,
	};
	describe(space, file);
	know_pages(space);
	space->pool = pool_add(layout_pool(&space->layout));
	born(space);
	space->pagemap = open_proc(space->pid, "pagemap");
	if (space->async < 0 || space->sync < 0) {
		protect_stop(space);
		return false;
	}
	populate(space, space->pid);
	for (i = 0; i < nr_pieces; i++)
		prepare(space, pieces + i);
	protect_reset(space);
	space->entries = map_populated(space->layout.pages * sizeof(uint64_t));
	protect_read(space, space->entries);
	return true;
}

void protect_stop(struct protect_space *space)
{
	kill(space->pid, SIGKILL);
	wait_for(space->pid, 0);
	close(space->pagemap);
	close(space->async);
	close(space->sync);
	pool_restore(space->pool);
	if (space->entries)
		unmap_populated(space->entries,
				space->layout.pages * sizeof(uint64_t));
	free(space->pages);
	layout_free(&space->layout);
}
