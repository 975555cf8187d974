// SPDX-License-Identifier: GPL-2.0
/*
 * A process that changes its memory between two reads of maps or smaps. It
 * reads of itself, so each change comes where it is meant to come: next to the
 * VMA that was given last. Documentation/filesystems/proc.rst promises that
 * "mapped addresses never go backwards", and that what is mapped all the time
 * is in there.
 *
 * It has cells of a few pages. Each begins with pages that stay; the rest of it
 * is mapped or not, and changes once, if at all.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u8.h"

#define KB		(PAGE_SIZE / 1024)

#define CELL_PAGES	UINT64_C(8)
#define STAYS		UINT64_C(3)	/* first pages of a cell, populated */
#define ROOM		(CELL_PAGES - STAYS)
#define ROUNDS		2		/* of all changes */

#define RW		(PROT_READ | PROT_WRITE)

static char *at(uint64_t page)
{
	return (char *)RULE_BASE + page * PAGE_SIZE;
}

static void map(uint64_t page, uint64_t pages, int prot, int flags)
{
	must(mmap(at(page), pages * PAGE_SIZE, prot, flags | MAP_PRIVATE |
		  MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED, "mmap");
}

static void map_room(uint64_t room)
{
	map(room, ROOM, PROT_READ, 0);
}

static void map_nothing(uint64_t room)
{
	(void)room;
}

static void map_half(uint64_t room)
{
	map(room, ROOM / 2, PROT_READ, 0);
	map(room + ROOM / 2, ROOM - ROOM / 2, PROT_NONE, 0);
}

static void unmap(uint64_t room)
{
	must(!munmap(at(room), ROOM * PAGE_SIZE), "munmap");
}

static void protect(uint64_t page, uint64_t pages, int prot)
{
	must(!mprotect(at(page), pages * PAGE_SIZE, prot), "mprotect");
}

static void split_room(uint64_t room)
{
	protect(room + 1, 1, PROT_NONE);
}

static void merge_halves(uint64_t room)
{
	protect(room, ROOM, PROT_READ);
}

/* What stays merges with what comes behind it. */
static void merge_with_stays(uint64_t room)
{
	protect(room, ROOM, RW);
}

static void split_stays(uint64_t room)
{
	protect(room - STAYS + 1, 1, PROT_READ);
}

static void map_over(uint64_t room)
{
	map(room, ROOM, PROT_NONE, 0);
}

static const struct change {
	const char *name;
	void (*before)(uint64_t room), (*make)(uint64_t room);
	enum { SOMETIMES, ALWAYS, NEVER } mapped;	/* the room */
	bool merges;	/* with a VMA that may have been given already */
} changes[] = {
	{ "none", map_room, map_nothing, ALWAYS, false },
	{ "unmapped", map_room, unmap, SOMETIMES, false },
	{ "mapped", map_nothing, map_room, SOMETIMES, false },
	{ "split", map_room, split_room, ALWAYS, false },
	{ "merged", map_half, merge_halves, ALWAYS, true },
	{ "merged with what stays", map_room, merge_with_stays, ALWAYS, true },
	{ "what stays is split", map_room, split_stays, ALWAYS, false },
	{ "mapped anew", map_room, map_over, ALWAYS, false },
	{ "none, and no room", map_nothing, map_nothing, NEVER, false },
};

#define CELLS		(ROUNDS * ARRAY_SIZE(changes))
#define PAGES		(CELLS * CELL_PAGES)

/* Where a change comes: so many cells from that which was given last. */
static const int places[] = { 0, 1, -1 };

#define TEXT_MAX	(32 * PAGE_SIZE)

struct reading {
	struct check *check;
	const char *file;
	size_t size;		/* of a read */
	int place;
	size_t changed;		/* so many cells have made their change */
	char *text;
	size_t len;
	unsigned char given[PAGES];	/* how often each page is */
};

static const struct change *change_of(size_t cell)
{
	return changes + cell % ARRAY_SIZE(changes);
}

static uint64_t room_of(size_t cell)
{
	return cell * CELL_PAGES + STAYS;
}

static void map_cells(void)
{
	size_t i;

	for (i = 0; i < CELLS; i++) {
		map(i * CELL_PAGES, STAYS, RW, MAP_POPULATE);
		change_of(i)->before(room_of(i));
	}
}

/* A part of the cells, in pages. */
struct part {
	uint64_t first, end;
};

static struct part part_of(uint64_t start, uint64_t end)
{
	uint64_t last = RULE_BASE + PAGES * PAGE_SIZE;

	if (end <= RULE_BASE || start >= last)
		return (struct part){ 0, 0 };
	if (start < RULE_BASE)
		start = RULE_BASE;
	return (struct part){ (start - RULE_BASE) / PAGE_SIZE,
			      (min_u64(end, last) - RULE_BASE) / PAGE_SIZE };
}

/* Have those cells change that the text has come to. */
static void change(struct reading *r, const char *from)
{
	uint64_t start, end;
	long cell = -1;

	for (; *from; from = smaps_next(from))
		if (sscanf(from, "%" SCNx64 "-%" SCNx64 " ", &start, &end) == 2 &&
		    part_of(start, end).end)
			cell = (part_of(start, end).end - 1) / CELL_PAGES;
	if (cell < 0)
		return;
	for (; r->changed < CELLS && (long)r->changed <= cell + r->place;
	     r->changed++)
		change_of(r->changed)->make(room_of(r->changed));
}

/* Return the start of the line that @text ends in. */
static const char *last_line(const struct reading *r)
{
	const char *line = memrchr(r->text, '\n', r->len);

	return line ? line + 1 : r->text;
}

static void read_all(struct reading *r)
{
	int fd = open_proc(getpid(), r->file);
	const char *line;
	ssize_t got;

	r->len = 0;
	do {
		line = last_line(r);
		got = read(fd, r->text + r->len,
			   min_u64(r->size, TEXT_MAX - 1 - r->len));
		must(got >= 0, r->file);
		r->len += got;
		r->text[r->len] = '\0';
		change(r, line);
	} while (got);
	close(fd);
}

static void vma_fail(struct reading *r, const struct smaps_vma *vma,
		     const char *what)
{
	check_fail(r->check, "%s in reads of %zu bytes, changes %+d cells away: VMA 0x%" PRIx64 "-0x%" PRIx64 " %s",
		   r->file, r->size, r->place, vma->start, vma->end, what);
}

static bool has_merged(const struct part *part)
{
	uint64_t page;

	for (page = part->first; page < part->end; page++)
		if (change_of(page / CELL_PAGES)->merges)
			return true;
	return false;
}

static void check_sizes(struct reading *r, const struct smaps_vma *vma,
			const struct part *part)
{
	uint64_t page, stays = 0;

	for (page = part->first; page < part->end; page++)
		stays += page % CELL_PAGES < STAYS;
	r->check->checked++;
	if (vma->field[SMAPS_SIZE] != (part->end - part->first) * KB)
		vma_fail(r, vma, "has another Size");
	if (vma->field[SMAPS_RSS] != stays * KB)
		vma_fail(r, vma, "has another Rss than its pages that stay");
}

static void check_vma(struct reading *r, const struct smaps_vma *vma,
		      uint64_t *last)
{
	struct part part = part_of(vma->start, vma->end);
	uint64_t page;

	r->check->checked++;
	if (vma->start < *last && !has_merged(&part))
		vma_fail(r, vma, "comes after one that ends behind its start");
	*last = vma->end;
	if (part.first == part.end)
		return;
	for (page = part.first; page < part.end; page++)
		r->given[page]++;
	if (!strcmp(r->file, "smaps"))
		check_sizes(r, vma, &part);
}

static void check_page(struct reading *r, uint64_t page)
{
	const struct change *change = change_of(page / CELL_PAGES);
	bool stays = page % CELL_PAGES < STAYS, given = r->given[page];
	bool always = stays || change->mapped == ALWAYS;

	r->check->checked++;
	if (always ? given : change->mapped == SOMETIMES || !given)
		return;
	check_fail(r->check, "%s in reads of %zu bytes, changes %+d cells away: page 0x%" PRIx64 " of a cell (%s) was %s all the time, but is %s",
		   r->file, r->size, r->place, RULE_BASE + page * PAGE_SIZE,
		   change->name, always ? "mapped" : "not mapped",
		   given ? "there" : "not there");
}

static void check_reading(struct reading *r)
{
	uint64_t last = 0, page;
	struct smaps smaps;
	char error[160];
	size_t i;

	if (!smaps_parse(&smaps, r->text, r->len, error, sizeof(error)))
		check_fail(r->check, "%s: %s", r->file, error);
	for (i = 0; i < smaps.nr; i++)
		check_vma(r, smaps.vmas + i, &last);
	smaps_free(&smaps);
	for (page = 0; page < PAGES; page++)
		check_page(r, page);
	r->check->checked++;
	if (r->changed + 1 < CELLS)
		check_fail(r->check, "%s: only %zu cells changed", r->file,
			   r->changed);
}

static void check_file(struct rule_run *run, const char *file, size_t size)
{
	struct reading r = {
		.check = rule_case(run, "%s changed between reads of %zu bytes",
				   file, size),
		.file = file,
		.size = size,
		.text = map_populated(TEXT_MAX),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		r.place = places[i];
		r.changed = 0;
		memset(r.given, 0, sizeof(r.given));
		map_cells();
		read_all(&r);
		check_reading(&r);
		munmap(at(0), PAGES * PAGE_SIZE);
	}
	unmap_populated(r.text, TEXT_MAX);
}

/* One VMA at a time, and several. */
void check_changed(struct rule_run *run)
{
	check_file(run, "maps", 50);
	check_file(run, "maps", 400);
	check_file(run, "smaps", 400);
	check_file(run, "smaps", 2500);
}
