// SPDX-License-Identifier: GPL-2.0
/*
 * maps and smaps. Documentation/filesystems/proc.rst says that what is mapped
 * throughout is in there, and that addresses never go backwards.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "stress/pass.h"
#include "truth/smaps_check.h"

#define KB		(PAGE_SIZE / 1024)

#define TEXT_MAX	(UINT64_C(1) << 20)	/* several times what there is */

/* How a page is shown. */
struct shown {
	bool mapped;
	uint8_t prot;
};

static size_t read_all(struct pass *pass, int fd, char *text)
{
	size_t len = 0;
	ssize_t got;

	do {
		got = read(fd, text + len, min_u64(pass->size, TEXT_MAX - len));
		if (got < 0)
			die("%s: %s", pass->reader, strerror(errno));
		len += got;
		pass_read(pass);
	} while (got);
	if (len == TEXT_MAX)
		die("%s: does not end", pass->reader);
	return len;
}

static uint8_t prot_of(const char *perms)
{
	return (perms[0] == 'r' ? PROT_READ : 0) |
	       (perms[1] == 'w' ? PROT_WRITE : 0) |
	       (perms[2] == 'x' ? PROT_EXEC : 0);
}

static void fail_at(struct pass *pass, uint64_t page, const char *what,
		    const struct smaps_vma *vma)
{
	check_fail(&pass->tally->check, "%s in reads of %zu bytes: page 0x%" PRIx64 " %s, but stands in 0x%" PRIx64 "-0x%" PRIx64 " %s",
		   pass->reader, pass->size, pass_address(pass, page), what,
		   vma->start, vma->end, vma->perms);
}

static void show_page(struct pass *pass, uint64_t page,
		      const struct smaps_vma *vma, struct shown *shown)
{
	const struct look *look = pass->after + page;

	*shown = (struct shown){ true, prot_of(vma->perms) };
	if (!look->stands)
		return;
	pass->tally->check.checked++;
	if (!look->now.mapped)
		fail_at(pass, page, "was not mapped", vma);
	else if (look->now.prot != shown->prot)
		fail_at(pass, page, "had other permissions", vma);
}

/* The pages of a VMA that lie in the layout. */
struct part {
	uint64_t first, end;
};

static struct part part_of(const struct pass *pass, const struct smaps_vma *vma)
{
	const struct layout *layout = pass->ledger->layout;
	uint64_t last = layout_end(layout);
	uint64_t start = vma->start < layout->base ? layout->base : vma->start;

	if (vma->end <= layout->base || start >= last)
		return (struct part){ 0, 0 };
	return (struct part){
		(start - layout->base) / PAGE_SIZE,
		(min_u64(vma->end, last) - layout->base) / PAGE_SIZE
	};
}

/*
 * Compare Rss with the pages that are populated for certain, and with those
 * that may be.
 */
static void check_rss(struct pass *pass, const struct smaps_vma *vma,
		      const struct part *part)
{
	uint64_t least = 0, most = 0, rss = vma->field[SMAPS_RSS], page;

	for (page = part->first; page < part->end; page++) {
		const struct look *look = pass->after + page;

		least += look->stands && look->now.populated;
		most += !look->stands || look->now.populated;
	}
	pass->tally->check.checked++;
	if (rss < least * KB || rss > most * KB)
		check_fail(&pass->tally->check, "smaps in reads of %zu bytes: Rss of 0x%" PRIx64 "-0x%" PRIx64 " is %" PRIu64 " kB, expected %" PRIu64 " to %" PRIu64 " kB",
			   pass->size, vma->start, vma->end, rss, least * KB,
			   most * KB);
}

static void check_size(struct pass *pass, const struct smaps_vma *vma)
{
	uint64_t size = (vma->end - vma->start) / 1024;

	pass->tally->check.checked++;
	if (vma->field[SMAPS_SIZE] != size)
		check_fail(&pass->tally->check, "smaps in reads of %zu bytes: Size of 0x%" PRIx64 "-0x%" PRIx64 " is %" PRIu64 " kB",
			   pass->size, vma->start, vma->end,
			   vma->field[SMAPS_SIZE]);
}

static bool stays(const struct pass *pass, const struct part *part)
{
	const struct layout *layout = pass->ledger->layout;
	uint64_t page;

	for (page = part->first; page < part->end; page++)
		if (layout_at(layout, page).region)
			return true;
	return false;
}

static void show_vma(struct pass *pass, const struct smaps_vma *vma,
		     struct shown *shown)
{
	struct part part = part_of(pass, vma);
	uint64_t page;

	for (page = part.first; page < part.end; page++)
		show_page(pass, page, vma, shown + page);
	if (part.first == part.end || strcmp(pass->reader, "smaps"))
		return;
	check_size(pass, vma);
	if (!stays(pass, &part))
		check_rss(pass, vma, &part);
}

/* Nobody knows whether the huge page of a VMA is split at present. */
static void check_smaps_of(struct pass *pass, const struct region *region,
			   struct smaps_vma vma)
{
	uint64_t *field = vma.field;

	if (region->memory->thp && !field[SMAPS_ANON_HUGE_PAGES])
		field[SMAPS_ANON_HUGE_PAGES] = region->pages * KB;
	if (region->memory->thp && field[SMAPS_THP_ELIGIBLE] == 1)
		field[SMAPS_THP_ELIGIBLE] = 0;
	check_smaps_vma(&pass->tally->check, pass->ledger->layout, region, &vma);
}

/* A VMA that stayed stands there once, and is what it always was. */
static void check_marked(struct pass *pass, const struct smaps *smaps,
			 const struct region *region)
{
	const struct layout *layout = pass->ledger->layout;
	uint64_t start = layout_address(layout, region->start);
	uint64_t end = start + region->pages * PAGE_SIZE;
	size_t times = 0, i;

	for (i = 0; i < smaps->nr; i++) {
		const struct smaps_vma *vma = smaps->vmas + i;

		if (vma->end <= start || vma->start >= end)
			continue;
		times++;
		if (!strcmp(pass->reader, "smaps"))
			check_smaps_of(pass, region, *vma);
	}
	pass->tally->check.checked++;
	if (times != 1)
		check_fail(&pass->tally->check, "%s in reads of %zu bytes: VMA 0x%" PRIx64 "-0x%" PRIx64 " (%s), which stayed, stands there %zu times",
			   pass->reader, pass->size, start, end,
			   region->memory->name, times);
}

/* A page that was mapped all the time stands there. */
static void check_missing(struct pass *pass, const struct shown *shown)
{
	uint64_t page;

	for (page = 0; page < pass_pages(pass); page++) {
		const struct look *look = pass->after + page;

		pass->tally->check.checked += look->stands;
		if (look->stands && look->now.mapped && !shown[page].mapped)
			check_fail(&pass->tally->check, "%s in reads of %zu bytes: page 0x%" PRIx64 ", which was mapped all the time, is in no VMA",
				   pass->reader, pass->size,
				   pass_address(pass, page));
	}
}

/* Whether a page is shown other than it was; no, if that is not known. */
static bool differs(const struct look *look, const struct shown *shown)
{
	return !look->busy && (look->now.mapped != shown->mapped ||
			       (shown->mapped && look->now.prot != shown->prot));
}

static bool is_torn(const struct pass *pass, const struct shown *shown)
{
	bool from_before = false, from_after = false;
	uint64_t page;

	for (page = 0; page < pass_pages(pass); page++) {
		from_before |= differs(pass->before + page, shown + page);
		from_after |= differs(pass->after + page, shown + page);
	}
	return from_before && from_after;
}

static void check_vmas(struct pass *pass, const struct smaps *smaps)
{
	const struct layout *layout = pass->ledger->layout;
	struct shown *shown = xcalloc(layout->pages, sizeof(*shown));
	uint64_t last = 0;
	size_t i;

	for (i = 0; i < smaps->nr; i++) {
		pass->tally->twice += smaps->vmas[i].start < last;
		last = smaps->vmas[i].end;
		show_vma(pass, smaps->vmas + i, shown);
	}
	for (i = 0; i < layout->nr_regions; i++)
		check_marked(pass, smaps, layout->regions + i);
	check_missing(pass, shown);
	pass->tally->torn += is_torn(pass, shown);
	free(shown);
}

void pass_text(struct pass *pass)
{
	char *text = map_populated(TEXT_MAX), error[120];
	int fd = open_proc(pass->pid, pass->reader);
	struct smaps smaps;
	size_t len;

	pass_begin(pass);
	len = read_all(pass, fd, text);
	pass_end(pass);
	if (smaps_parse(&smaps, text, len, error, sizeof(error)))
		check_vmas(pass, &smaps);
	else
		check_fail(&pass->tally->check, "%s: %s", pass->reader, error);
	smaps_free(&smaps);
	close(fd);
	unmap_populated(text, TEXT_MAX);
}
