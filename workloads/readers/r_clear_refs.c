// SPDX-License-Identifier: GPL-2.0
/*
 * What writes to clear_refs change, as smaps and pagemap tell. Pages that a
 * process has just used are referenced.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clear_refs.h"
#include "kernel/pagemap.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "readers/reading.h"
#include "truth/page.h"
#include "truth/smaps_check.h"

/*
 * Each process gets the writes of a string, one after the other. 4 clears
 * soft-dirty bits, where there are any, and 5 no page.
 */
static const char * const writes[] = { "453", "2", "1" };

static uint64_t expect_referenced(const struct layout *layout,
				  const struct region *region,
				  const char *what)
{
	uint64_t field[NR_SMAPS_FIELDS];

	smaps_expect(field, layout, region);
	return memory_is_cleared(region->memory, what) ? 0 :
	       field[SMAPS_REFERENCED];
}

static void note_vma(struct reading *reading, const char *what,
		     const struct region *region, const struct smaps_vma *vma)
{
	uint64_t address = layout_address(reading->layout, region->start);
	uint64_t got = vma->field[SMAPS_REFERENCED];
	uint64_t expected = expect_referenced(reading->layout, region, what);

	text_add(&reading->said, "after %s, VMA 0x%" PRIx64 " (%s): Referenced %" PRIu64 " kB\n",
		 what, address, region->memory->name, got);
	reading->check.checked++;
	if (vma->start != address || got != expected)
		check_fail(&reading->check, "clear_refs, after %s was written, VMA 0x%" PRIx64 " (%s): Referenced in smaps is %" PRIu64 " kB, expected %" PRIu64 " kB",
			   what, address, region->memory->name, got, expected);
}

/* Skip the page of code, which comes first. */
static void note_referenced(struct reading *reading, const char *what)
{
	const char *vma = smaps_next(reading_text(reading, "smaps")), *next;
	struct smaps_vma parsed;
	size_t i;

	for (i = 0; i < reading->layout->nr_regions; i++, vma = next) {
		next = smaps_next(vma);
		smaps_parse_vma(&parsed, vma, next - vma);
		note_vma(reading, what, reading->layout->regions + i, &parsed);
	}
}

/* A write that clears marks changes nothing else of an entry. */
static void note_entries(struct reading *reading, const uint64_t *before,
			 const uint64_t *after, uint64_t pages)
{
	uint64_t i, soft_dirty = 0;

	for (i = 0; i < pages; i++) {
		soft_dirty += !!(after[i] & PM_SOFT_DIRTY);
		reading->check.checked++;
		if ((before[i] ^ after[i]) & ~PM_SOFT_DIRTY)
			check_fail(&reading->check, "clear_refs changed the pagemap entry of page 0x%" PRIx64 " from 0x%" PRIx64 " to 0x%" PRIx64,
				   layout_address(reading->layout, i),
				   before[i] & ~PM_PFN, after[i] & ~PM_PFN);
	}
	text_add(&reading->said, "%" PRIu64 " pages are soft-dirty\n", soft_dirty);
}

static void read_entries(const struct reading *reading, uint64_t *entries)
{
	int fd = open_proc(reading->pid, "pagemap");

	pagemap_read(fd, reading->layout->base, entries, reading->layout->pages);
	close(fd);
}

static void try_write(struct reading *reading, char what, uint64_t *before,
		      uint64_t *after)
{
	const char text[] = { what, '\0' };
	int done;

	read_entries(reading, before);
	done = write_clear_refs(reading->pid, text);
	text_add(&reading->said, "writing %s: %d\n", text, done);
	note_referenced(reading, text);
	read_entries(reading, after);
	note_entries(reading, before, after, reading->layout->pages);
}

static void try_writes(struct reading *reading, const char *what,
		       uint64_t *before, uint64_t *after)
{
	struct subject subject;
	size_t i;

	subject_start_alone(&subject, reading->layout, reading->probe);
	reading->pid = subject.pid;
	note_referenced(reading, "nothing");
	for (i = 0; what[i]; i++)
		try_write(reading, what[i], before, after);
	subject_stop(&subject);
	reading_case(reading, "%s", what);
}

void read_clear_refs(struct reading *reading)
{
	size_t size = reading->layout->pages * sizeof(uint64_t), i;
	uint64_t *before = map_populated(size), *after = map_populated(size);

	for (i = 0; i < ARRAY_SIZE(writes); i++)
		try_writes(reading, writes[i], before, after);
	unmap_populated(after, size);
	unmap_populated(before, size);
}
