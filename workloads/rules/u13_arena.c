// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/probe.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "rules/u13_arena.h"
#include "space/map.h"

#define TEXT_MAX	(UINT64_C(1) << 18)
#define KB		(PAGE_SIZE / 1024)
#define FILE_PAGES	64

#define RW		(PROT_READ | PROT_WRITE)

/* Every @step-th page is there. A PTE table ends in the middle of shmem. */
static const struct piece {
	const struct memory *memory;
	uint64_t start, pages, step;
} pieces[] = {
	{ &mem_anon, ARENA_FIRST, 5, 1 },
	{ &mem_file_shared, 508, 6, 1 },
	{ &mem_anon, 514, 6, 2 },
	{ &mem_file, 520, 5, 2 },
	{ &mem_zero, 525, 4, 2 },
	{ &mem_anon, 532, 8, 1 },
	{ &mem_pfnmap, 540, 4, 1 },
	{ &mem_anon, 544, 6, 1 },
};

/* What is written to a page, and read from it later. */
static char content_of(uint64_t page)
{
	return 'a' + page % 23;
}

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static void describe(struct arena *arena)
{
	uint64_t offset = 0;
	size_t i;

	arena->layout = (struct layout){ .name = "arena", .base = RULE_BASE };
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct piece *piece = pieces + i;
		struct region *region;

		if (memory_is_pfnmap(piece->memory) &&
		    arena->probe == NO_PROBE)
			continue;
		region = layout_vma_at(&arena->layout, piece->start,
				       piece->memory, piece->pages);
		region->file = arena->file;
		region->offset = offset;
		offset += piece->pages + 1;
		region_populate(region, 0, piece->pages, piece->step);
	}
}

void arena_open(struct arena *arena, int probe)
{
	arena->probe = probe;
	arena->text = map_populated(TEXT_MAX);
	arena->scratch = map_populated(PAGE_SIZE);
	arena->file = memfd_create("arena", MFD_CLOEXEC);
	if (arena->file < 0)
		die("memfd: %s", strerror(errno));
	arena->zero = open_or_die("/dev/zero", O_RDONLY);
	arena->mem = open_or_die("/proc/self/mem", O_RDWR);
	arena->pagemap = open_or_die("/proc/self/pagemap", O_RDONLY);
	arena->flags = open_or_die("/proc/kpageflags", O_RDONLY);
	describe(arena);
}

void arena_close(struct arena *arena)
{
	layout_free(&arena->layout);
	close(arena->flags);
	close(arena->pagemap);
	close(arena->mem);
	close(arena->zero);
	close(arena->file);
	unmap_populated(arena->scratch, PAGE_SIZE);
	unmap_populated(arena->text, TEXT_MAX);
}

/* The process itself need not run to populate a page here. */
static void populate(struct arena *arena, uint64_t page)
{
	bool is_read = arena_page(arena, page)->memory == &mem_zero;
	char byte = content_of(page);
	ssize_t done = is_read ?
		pread(arena->mem, &byte, 1, arena_address(page)) :
		pwrite(arena->mem, &byte, 1, arena_address(page));

	if (done != 1)
		die("/proc/self/mem: 0x%" PRIx64 ": %s", arena_address(page),
		    strerror(errno));
}

static struct arena_page initial_page(const struct truth *truth)
{
	const struct memory *memory = truth->memory;
	bool there = truth->present && !memory_is_pfnmap(memory);

	return (struct arena_page){
		.memory = memory,
		.prot = memory ? memory->prot : 0,
		.present = there,
		.counted = there && memory != &mem_zero,
		.referenced = there && memory != &mem_zero,
		.own = there && memory != &mem_zero && !memory->shared,
	};
}

/* All is as it was, also the file, of which no page is cached at first. */
void arena_map(struct arena *arena)
{
	uint64_t page;

	if (ftruncate(arena->file, 0) ||
	    ftruncate(arena->file, FILE_PAGES * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	layout_map_or_die(&arena->layout, arena->probe);
	for (page = ARENA_FIRST; page < ARENA_END; page++) {
		struct truth truth = layout_at(&arena->layout, page);

		*arena_page(arena, page) = initial_page(&truth);
		if (truth.present && !memory_is_pfnmap(truth.memory))
			populate(arena, page);
	}
}

void arena_unmap(struct arena *arena)
{
	layout_unmap(&arena->layout);
}

static void fail(struct arena *arena, uint64_t page, const char *what,
		 uint64_t got, uint64_t expected)
{
	const struct memory *memory = arena_page(arena, page)->memory;

	check_fail(arena->check, "%s: page 0x%" PRIx64 " (%s): %s is %" PRIu64 ", expected %" PRIu64,
		   arena->what, arena_address(page), memory ? memory->name : "hole",
		   what, got, expected);
}

static void expect(struct arena *arena, uint64_t page, const char *what,
		   uint64_t got, uint64_t expected)
{
	arena->check->checked++;
	if (got != expected)
		fail(arena, page, what, got, expected);
}

static void check_content(struct arena *arena, uint64_t page)
{
	char byte = 0;

	pread(arena->mem, &byte, 1, arena_address(page));
	expect(arena, page, "the byte that was written", byte,
	       content_of(page));
}

static uint64_t flags_of(struct arena *arena, uint64_t entry)
{
	uint64_t pfn = entry & PM_PFN, flags = 0;

	pread(arena->flags, &flags, sizeof(flags), pfn * sizeof(flags));
	return flags;
}

/* Have the kernel finish what it has put off: each such call begins with that. */
static void finish(struct arena *arena)
{
	if (madvise(arena->scratch, PAGE_SIZE, MADV_COLD))
		die("MADV_COLD: %s", strerror(errno));
}

static void check_pages(struct arena *arena)
{
	uint64_t entries[ARENA_PAGES] = { 0 }, page;
	int error;

	finish(arena);
	error = pagemap_read_singly(arena->pagemap, arena_address(ARENA_FIRST),
				    entries, ARENA_PAGES);
	if (error)
		die("/proc/self/pagemap: %s", strerror(-error));
	for (page = ARENA_FIRST; page < ARENA_END; page++) {
		const struct arena_page *of = arena_page(arena, page);
		uint64_t entry = entries[page - ARENA_FIRST], flags;

		if (of->unsure)
			continue;
		expect(arena, page, "present in pagemap",
		       !!(entry & PM_PRESENT), of->present);
		expect(arena, page, "exclusive in pagemap",
		       !!(entry & PM_EXCLUSIVE), of->counted && !of->of_two);
		if (!of->counted || !(entry & PM_PRESENT))
			continue;
		flags = flags_of(arena, entry);
		expect(arena, page, "MLOCKED in kpageflags",
		       !!(flags & KPF_MLOCKED), of->locked);
		expect(arena, page, "SWAPBACKED in kpageflags",
		       !!(flags & KPF_SWAPBACKED), !of->lazy);
	}
}

/* What smaps should say of the pages of one VMA. */
struct vma_sums {
	uint64_t counted, referenced, lazy, own;
	bool unsure;
};

static void add_page(struct arena *arena, const struct smaps_vma *vma,
		     uint64_t page, struct vma_sums *sums)
{
	const struct arena_page *of = arena_page(arena, page);

	sums->unsure |= of->unsure;
	sums->counted += of->counted;
	sums->referenced += of->referenced;
	sums->lazy += of->lazy;
	sums->own += of->own;
	if (of->unsure)
		return;
	expect(arena, page, "lo in VmFlags", smaps_has_flag(vma, "lo"),
	       of->locked);
	expect(arena, page, "lf in VmFlags", smaps_has_flag(vma, "lf"),
	       of->on_fault);
	expect(arena, page, "the right to read", vma->perms[0] == 'r',
	       !!(of->prot & PROT_READ));
	expect(arena, page, "the right to write", vma->perms[1] == 'w',
	       !!(of->prot & PROT_WRITE));
}

static void check_vma(struct arena *arena, const struct smaps_vma *vma)
{
	uint64_t first = (vma->start - RULE_BASE) / PAGE_SIZE;
	uint64_t end = (vma->end - RULE_BASE) / PAGE_SIZE, page;
	struct vma_sums sums = { 0 };

	for (page = first; page < end; page++)
		add_page(arena, vma, page, &sums);
	if (sums.unsure)
		return;
	expect(arena, first, "Rss of the VMA in kB", vma->field[SMAPS_RSS],
	       sums.counted * KB);
	expect(arena, first, "Referenced of the VMA in kB",
	       vma->field[SMAPS_REFERENCED], sums.referenced * KB);
	expect(arena, first, "LazyFree of the VMA in kB",
	       vma->field[SMAPS_LAZY_FREE], sums.lazy * KB);
	expect(arena, first, "Anonymous of the VMA in kB",
	       vma->field[SMAPS_ANONYMOUS], sums.own * KB);
}

/* VMAs of the arena, which may be split or merged in any way that is right. */
static void check_vmas(struct arena *arena)
{
	int fd = open_proc(getpid(), "smaps");
	int64_t len = smaps_read(fd, arena->text, TEXT_MAX);
	struct smaps smaps;
	uint64_t pages = 0;
	char error[160];
	size_t i;

	close(fd);
	if (len < 0)
		die("smaps: %s", strerror(-len));
	if (!smaps_parse(&smaps, arena->text, len, error, sizeof(error)))
		die("%s", error);
	for (i = 0; i < smaps.nr; i++) {
		const struct smaps_vma *vma = smaps.vmas + i;

		if (vma->start < arena_address(ARENA_FIRST) ||
		    vma->end > arena_address(ARENA_END))
			continue;
		pages += (vma->end - vma->start) / PAGE_SIZE;
		check_vma(arena, vma);
	}
	for (i = 0; i < ARENA_PAGES; i++)
		pages -= !!arena->pages[i].memory;
	expect(arena, ARENA_FIRST, "pages in VMAs too many", pages, 0);
	smaps_free(&smaps);
}

static uint64_t locked_kb(struct arena *arena)
{
	int fd = open_proc(getpid(), "status");
	ssize_t len = read(fd, arena->text, PAGE_SIZE);

	close(fd);
	arena->text[len > 0 ? len : 0] = '\0';
	return smaps_rollup_field(arena->text, "VmLck");
}

static void check_locked(struct arena *arena)
{
	uint64_t locked = 0;
	size_t i;

	for (i = 0; i < ARENA_PAGES; i++) {
		if (arena->pages[i].unsure)
			return;
		locked += arena->pages[i].locked;
	}
	expect(arena, ARENA_FIRST, "VmLck of the process in kB",
	       locked_kb(arena), locked * KB);
}

/*
 * The kernel itself may not read or write there for this process, either, and it
 * looks at the page table only.
 */
static void check_access(struct arena *arena, uint64_t page)
{
	void *address = (void *)arena_address(page);
	int prot = arena_page(arena, page)->prot;
	uint64_t last = (FILE_PAGES - 1) * PAGE_SIZE;

	if (!(prot & PROT_WRITE))
		expect(arena, page, "a write that succeeds",
		       read(arena->zero, address, 1) == 1, false);
	if (!(prot & PROT_READ))
		expect(arena, page, "a read that succeeds",
		       pwrite(arena->file, address, 1, last) == 1, false);
}

/* A read of the content comes last, since it refers to the pages. */
void arena_check(struct arena *arena)
{
	uint64_t page;

	check_pages(arena);
	check_vmas(arena);
	check_locked(arena);
	for (page = ARENA_FIRST; page < ARENA_END; page++)
		if (!arena_page(arena, page)->unsure)
			check_access(arena, page);
	for (page = ARENA_FIRST; page < ARENA_END; page++) {
		struct truth truth = layout_at(&arena->layout, page);

		if (truth.present && !memory_is_pfnmap(truth.memory) &&
		    truth.memory != &mem_zero &&
		    arena_page(arena, page)->present)
			check_content(arena, page);
	}
}
