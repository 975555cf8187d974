// SPDX-License-Identifier: GPL-2.0
/*
 * U11: smaps and smaps_rollup count each page as what it is, by the byte: of
 * one, two or three processes, clean, locked, lazily freed, not referenced any
 * more. What is no page, a marker, does not count.
 *
 * The process that is read has no other memory, so that all of smaps_rollup is
 * known without smaps.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "rules/u11_family.h"
#include "space/subject.h"

#define TEXT_MAX	(UINT64_C(1) << 16)
#define KB		(PAGE_SIZE / 1024)
#define HUGE_KB		(HUGE_PAGES * KB)

/* Pss is summed in sixths of a page, which pages of two and of three have. */
#define SIXTHS		6

struct sums {
	uint64_t field[NR_SMAPS_FIELDS];	/* in kB, Pss in sixths */
	uint64_t pss_anon, pss_file, pss_shmem;
};

/* Private memory that is written is anonymous, whatever it is a copy of. */
static bool is_anon(const struct family_piece *piece)
{
	return piece->source == FAMILY_ANON || !piece->shared;
}

static void add_hugetlb(struct sums *sums, const struct family_piece *piece)
{
	sums->field[piece->sharers > 1 ? SMAPS_SHARED_HUGETLB :
		    SMAPS_PRIVATE_HUGETLB] += piece->there * HUGE_KB;
}

static void add_pages(struct sums *sums, const struct family_piece *piece)
{
	uint64_t share = SIXTHS / piece->sharers, pss = piece->there * share;
	uint64_t dirty = piece->there - piece->clean;
	bool own = piece->sharers == 1;

	sums->field[SMAPS_RSS] += piece->there * KB;
	sums->field[SMAPS_PSS] += pss;
	sums->field[SMAPS_PSS_DIRTY] += dirty * share;
	sums->field[own ? SMAPS_PRIVATE_CLEAN : SMAPS_SHARED_CLEAN] +=
		piece->clean * KB;
	sums->field[own ? SMAPS_PRIVATE_DIRTY : SMAPS_SHARED_DIRTY] +=
		dirty * KB;
	sums->field[SMAPS_REFERENCED] += piece->referenced * KB;
	sums->field[SMAPS_LAZY_FREE] += piece->lazy * KB;
	sums->field[SMAPS_LOCKED] += piece->locked ? pss : 0;
	sums->field[SMAPS_KSM] += piece->merged * KB;
	/* Of a file, what is out counts to Swap, and not to SwapPss. */
	sums->field[SMAPS_SWAP] += piece->out * KB;
	if (piece->out_sharers)
		sums->field[SMAPS_SWAP_PSS] += piece->out *
					       (SIXTHS / piece->out_sharers);
	if (is_anon(piece)) {
		sums->field[SMAPS_ANONYMOUS] += piece->there * KB;
		sums->pss_anon += pss;
	} else if (piece->source == FAMILY_RAMFS) {
		sums->pss_file += pss;
	} else {
		sums->pss_shmem += pss;
	}
}

static void add_piece(struct sums *sums, const struct family_piece *piece)
{
	if (piece->source == FAMILY_HUGETLB)
		add_hugetlb(sums, piece);
	else
		add_pages(sums, piece);
}

static bool is_in_sixths(int field)
{
	return field == SMAPS_PSS || field == SMAPS_PSS_DIRTY ||
	       field == SMAPS_SWAP_PSS || field == SMAPS_LOCKED;
}

static void compare(struct check *check, const char *where, const char *name,
		    int64_t got, uint64_t expected)
{
	check->checked++;
	if (got != (int64_t)expected)
		check_fail(check, "%s: %s is %" PRId64 " kB, expected %" PRIu64 " kB",
			   where, name, got, expected);
}

static uint64_t kb_of(const struct sums *sums, int field)
{
	uint64_t value = sums->field[field];

	return is_in_sixths(field) ? value * KB / SIXTHS : value;
}

static void check_vma(struct check *check, const struct family_piece *piece,
		      const struct smaps_vma *vma)
{
	uint64_t unit = piece->source == FAMILY_HUGETLB ? HUGE_KB : KB;
	struct sums sums = { 0 };
	char where[80];
	int f;

	add_piece(&sums, piece);
	sums.field[SMAPS_SIZE] = piece->pages * KB;
	sums.field[SMAPS_KERNEL_PAGE_SIZE] = unit;
	sums.field[SMAPS_MMU_PAGE_SIZE] = unit;
	snprintf(where, sizeof(where), "smaps, VMA 0x%" PRIx64 " (%s)",
		 vma->start, piece->name);
	for (f = 0; f < NR_SMAPS_FIELDS; f++)
		compare(check, where, smaps_field_name(f), vma->field[f],
			kb_of(&sums, f));
}

static const struct smaps_vma *vma_of(struct check *check,
				      const struct smaps *smaps,
				      const struct family_piece *piece)
{
	uint64_t start = RULE_BASE + piece->start * PAGE_SIZE;
	const struct smaps_vma *vma = smaps_at(smaps, start);

	if (!vma)
		check_fail(check, "smaps has no VMA at 0x%" PRIx64 " (%s)",
			   start, piece->name);
	return vma;
}

static void check_smaps_of(struct rule_run *run, const struct smaps *smaps)
{
	size_t i;

	for (i = 0; i < nr_family_pieces; i++) {
		const struct family_piece *piece = family_pieces + i;
		const char *missing = family_missing(piece);
		const struct smaps_vma *vma;
		struct check *check;

		if (missing) {
			rule_skip(run, piece->name, missing);
			continue;
		}
		check = rule_case(run, "smaps: %s", piece->name);
		vma = vma_of(check, smaps, piece);
		if (vma)
			check_vma(check, piece, vma);
	}
}

/* Flags of which it is known whether a VMA has them. */
static void check_flags(struct rule_run *run, const struct smaps *smaps)
{
	static const char * const known[] = {
		"ex", "lo", "lf", "um", "uw", "pf", "mm", "io", "dd", "dc", "wf",
		"mg",
	};
	struct check *check = rule_case(run, "VmFlags");
	size_t i, j;

	for (i = 0; i < nr_family_pieces; i++) {
		const struct family_piece *piece = family_pieces + i;
		const struct smaps_vma *vma = vma_of(check, smaps, piece);
		const char *flags = piece->flags ? piece->flags : "";

		for (j = 0; vma && j < ARRAY_SIZE(known); j++) {
			check->checked++;
			if (smaps_has_flag(vma, known[j]) !=
			    !!strstr(flags, known[j]))
				check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): VmFlags:%s, expected of %s: \"%s\"",
					   vma->start, piece->name,
					   vma->vm_flags, known[j], flags);
		}
	}
}

/* How many pages pagemap says are so, each of a huge page alone. */
struct entries {
	uint64_t present, exclusive, file, protected, swapped;
};

static struct entries count_entries(int pagemap,
				    const struct family_piece *piece)
{
	uint64_t start = RULE_BASE + piece->start * PAGE_SIZE, page;
	uint64_t *got = map_populated(piece->pages * sizeof(*got));
	struct entries entries = { 0 };

	if (pagemap_read(pagemap, start, got, piece->pages) !=
	    (int64_t)piece->pages)
		die("pagemap of %s: not all pages", piece->name);
	for (page = 0; page < piece->pages; page++) {
		entries.present += !!(got[page] & PM_PRESENT);
		entries.exclusive += !!(got[page] & PM_EXCLUSIVE);
		entries.file += !!(got[page] & PM_PRESENT) &&
				!!(got[page] & PM_FILE);
		entries.protected += !!(got[page] & PM_UFFD_WP);
		/* Each has a place of its own in swap space. */
		entries.swapped += got[page] & PM_SWAP &&
				   (!page || got[page] != got[page - 1]);
	}
	unmap_populated(got, piece->pages * sizeof(*got));
	return entries;
}

/* Protected is all that is marked but what is poisoned, absent or not. */
static void check_entries(struct check *check, int pagemap,
			  const struct family_piece *piece)
{
	uint64_t unit = piece->source == FAMILY_HUGETLB ? HUGE_PAGES : 1;
	struct entries got = count_entries(pagemap, piece);
	uint64_t there = piece->there * unit;
	const struct entries expected = {
		.present = there + piece->zero,
		.exclusive = piece->sharers == 1 ? there : 0,
		.file = is_anon(piece) ? 0 : there,
		.protected = piece->flags && strstr(piece->flags, "uw") ?
			     piece->pages - piece->poisoned : 0,
		/* What markers are is not documented. */
		.swapped = piece->poisoned ? got.swapped :
			   piece->source == FAMILY_ANON ? piece->out : 0,
	};

	check->checked++;
	if (memcmp(&got, &expected, sizeof(got)))
		check_fail(check, "pagemap, VMA of %s: %" PRIu64 " pages present, %" PRIu64 " exclusive, %" PRIu64 " of a file, %" PRIu64 " write-protected, %" PRIu64 " swapped; expected %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
			   piece->name, got.present, got.exclusive, got.file,
			   got.protected, got.swapped, expected.present,
			   expected.exclusive, expected.file,
			   expected.protected, expected.swapped);
}

static void check_pagemap_of(struct rule_run *run, int pid)
{
	struct check *check = rule_case(run, "pagemap");
	int pagemap = open_proc(pid, "pagemap");
	size_t i;

	for (i = 0; i < nr_family_pieces; i++)
		check_entries(check, pagemap, family_pieces + i);
	close(pagemap);
}

/* The page of code is anonymous; it was written and used. */
static const struct family_piece code = {
	"code", FAMILY_ANON, .there = 1, .sharers = 1, .referenced = 1
};

static void check_rollup(struct check *check, const char *text)
{
	static const char where[] = "smaps_rollup";
	struct sums sums = { 0 };
	size_t i;
	int f;

	add_piece(&sums, &code);
	for (i = 0; i < nr_family_pieces; i++)
		add_piece(&sums, family_pieces + i);
	for (f = SMAPS_RSS; f <= SMAPS_LOCKED; f++)
		compare(check, where, smaps_field_name(f),
			smaps_rollup_field(text, smaps_field_name(f)),
			kb_of(&sums, f));
	compare(check, where, "Pss_Anon", smaps_rollup_field(text, "Pss_Anon"),
		sums.pss_anon * KB / SIXTHS);
	compare(check, where, "Pss_File", smaps_rollup_field(text, "Pss_File"),
		sums.pss_file * KB / SIXTHS);
	compare(check, where, "Pss_Shmem", smaps_rollup_field(text, "Pss_Shmem"),
		sums.pss_shmem * KB / SIXTHS);
}

/* The first line has the range from the first VMA to the end of the last. */
static void check_range(struct check *check, const char *text)
{
	const struct family_piece *last = family_pieces + nr_family_pieces - 1;
	uint64_t end = RULE_BASE + (last->start + last->pages) * PAGE_SIZE;
	uint64_t from = 0, to = 0;

	check->checked++;
	if (sscanf(text, "%" SCNx64 "-%" SCNx64 " ---p 00000000 00:00 0 ",
		   &from, &to) != 2 || from != SUBJECT_CODE || to != end ||
	    !strstr(text, " [rollup]\n"))
		check_fail(check, "smaps_rollup: it begins with %.60s, expected 0x%" PRIx64 " to 0x%" PRIx64,
			   text, SUBJECT_CODE, end);
}

static int64_t read_text(int pid, const char *name, char *text)
{
	int fd = open_proc(pid, name);
	int64_t len = smaps_read(fd, text, TEXT_MAX - 1);

	close(fd);
	if (len < 0)
		die("%s: %s", name, strerror(-len));
	text[len] = '\0';
	return len;
}

static void check_counted_rule(struct rule_run *run)
{
	char *text = map_populated(TEXT_MAX), error[160];
	struct check *check;
	struct family family;
	struct smaps smaps;
	int64_t len;

	family_start(&family);
	len = read_text(family.pid, "smaps", text);
	if (!smaps_parse(&smaps, text, len, error, sizeof(error)))
		die("%s", error);
	check_smaps_of(run, &smaps);
	check_flags(run, &smaps);
	check = rule_case(run, "smaps: no other VMA");
	compare(check, "smaps", "the number of VMAs", smaps.nr,
		nr_family_pieces + 1);
	read_text(family.pid, "smaps_rollup", text);
	check = rule_case(run, "smaps_rollup");
	check_rollup(check, text);
	check_range(check, text);
	check_pagemap_of(run, family.pid);
	smaps_free(&smaps);
	family_stop(&family);
	unmap_populated(text, TEXT_MAX);
}

const struct rule rule_u11 = { "U11", "counted", check_counted_rule };
