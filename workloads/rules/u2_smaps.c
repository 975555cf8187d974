// SPDX-License-Identifier: GPL-2.0
/*
 * U2: every field of smaps equals the truth, and what pagemap and kpagecount
 * say of the pages; and smaps_rollup is the sum.
 *
 * The layout of all joints has one process and pages that it wrote. This file
 * has the rest: memory that is read, shared, copied on write, of files, locked,
 * lazily freed, in two processes.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u2.h"
#include "space/joints.h"
#include "space/map.h"
#include "space/pool.h"
#include "space/resident.h"
#include "space/subject.h"

#define SMAPS_MAX	(UINT64_C(1) << 20)
#define KB		(PAGE_SIZE / 1024)
#define HUGE_KB		(HUGE_PAGES * KB)

#define RW		(PROT_READ | PROT_WRITE)

#define PSS_SHIFT	12

enum {
	OWN, READ, FORKED, SHARED_FILE, PRIVATE_FILE, LOCKED, LAZY, FORBIDDEN,
	PFN, HUGE_PRIVATE, HUGE_SHARED,
};

/*
 * Places are in pages from the base. The truth follows from what settle() and
 * second_process() do: which pages are mapped in one process or in both, and
 * which of them are clean, anonymous or referenced.
 */
static const struct piece {
	struct memory memory;
	uint64_t start, pages;
	uint64_t own, both, clean, anon, referenced;
	uint64_t locked, lazy;
} pieces[] = {
	[OWN] = { { "anon", BACKING_ANON, RW }, 500, 8,
		  .own = 5, .anon = 5, .referenced = 5 },
	[READ] = { { "zero page", BACKING_ANON, RW }, 509, 8 },
	[FORKED] = { { "anon of two", BACKING_ANON, RW }, 518, 6,
		     .both = 6, .anon = 6, .referenced = 6 },
	[SHARED_FILE] = { { "shared file", BACKING_FILE, RW, true }, 524, 10,
			  .own = 1, .both = 3, .referenced = 4 },
	[PRIVATE_FILE] = { { "private file", BACKING_FILE, RW }, 534, 10,
			   .own = 4, .anon = 2, .referenced = 4 },
	[LOCKED] = { { "locked", BACKING_ANON, RW }, 545, 4,
		     .own = 4, .anon = 4, .referenced = 4, .locked = 4 },
	[LAZY] = { { "lazily freed", BACKING_ANON, RW }, 550, 4,
		   .own = 4, .clean = 4, .anon = 4, .lazy = 4 },
	[FORBIDDEN] = { { "no access", BACKING_ANON, PROT_NONE }, 554, 3 },
	[PFN] = { { "pfnmap", BACKING_PFNMAP, RW, true }, 557, 5 },
	[HUGE_PRIVATE] = { { "hugetlb", BACKING_HUGETLB, RW },
			   1024, 2 * HUGE_PAGES, .own = 1 },
	[HUGE_SHARED] = { { "hugetlb of two", BACKING_HUGETLB, RW, true },
			  2048, HUGE_PAGES, .both = 1 },
};

struct smaps_check {
	struct check *check;
	int pid;
	struct smaps smaps;
	int pagemap, counts, flags;
};

static char *byte_of(int piece, uint64_t page)
{
	return (char *)(RULE_BASE +
			(pieces[piece].start + page) * PAGE_SIZE);
}

static void write_pages(int piece, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		*byte_of(piece, from) = 1;
}

static void read_pages(int piece, uint64_t from, uint64_t to)
{
	for (; from < to; from++)
		asm volatile("" : : "r" (*byte_of(piece, from))); /* read it */
}

static int open_file(void)
{
	int fd = memfd_create("smaps", MFD_CLOEXEC);
	static const char page[PAGE_SIZE];
	int i;

	if (fd < 0 || ftruncate(fd, 32 * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	for (i = 16; i < 18; i++)
		if (pwrite(fd, page, sizeof(page), i * PAGE_SIZE) < 0)
			die("memfd: %s", strerror(errno));
	return fd;
}

static void map_pieces(int probe)
{
	struct layout layout = { .name = "smaps", .base = RULE_BASE };
	int file = open_file();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct piece *piece = pieces + i;
		struct region *region = layout_vma_at(&layout, piece->start,
						      memory_there(&piece->memory, probe),
						      piece->pages);

		region->file = file;
		region->offset = i == PRIVATE_FILE ? 16 : 0;
	}
	layout_map_or_die(&layout, probe);
	layout_free(&layout);
}

static void second_process(void *arg)
{
	(void)arg;
	write_pages(SHARED_FILE, 0, 3);
	write_pages(HUGE_SHARED, 0, 1);
}

static void settle(struct resident *self, void *arg)
{
	map_pieces(*(int *)arg);
	write_pages(FORKED, 0, 6);
	resident_fork(self, second_process, NULL);
	write_pages(OWN, 2, 7);
	read_pages(READ, 1, 4);
	write_pages(SHARED_FILE, 0, 4);
	read_pages(PRIVATE_FILE, 0, 2);
	write_pages(PRIVATE_FILE, 5, 7);
	if (mlock(byte_of(LOCKED, 0), 4 * PAGE_SIZE))
		die("mlock: %s", strerror(errno));
	write_pages(LAZY, 0, 4);
	/* The second call makes the kernel finish what the first began. */
	if (madvise(byte_of(LAZY, 0), 4 * PAGE_SIZE, MADV_FREE) ||
	    madvise(byte_of(FORBIDDEN, 0), PAGE_SIZE, MADV_FREE))
		die("MADV_FREE: %s", strerror(errno));
	write_pages(HUGE_PRIVATE, HUGE_PAGES, HUGE_PAGES + 1);
	write_pages(HUGE_SHARED, 0, 1);
}

static void expect_fields(uint64_t *field, const struct piece *piece)
{
	uint64_t rss = piece->own + piece->both;

	memset(field, 0, NR_SMAPS_FIELDS * sizeof(*field));
	field[SMAPS_SIZE] = piece->pages * KB;
	field[SMAPS_KERNEL_PAGE_SIZE] = KB;
	field[SMAPS_MMU_PAGE_SIZE] = KB;
	if (memory_is(&piece->memory, BACKING_HUGETLB)) {
		field[SMAPS_KERNEL_PAGE_SIZE] = HUGE_KB;
		field[SMAPS_MMU_PAGE_SIZE] = HUGE_KB;
		field[SMAPS_PRIVATE_HUGETLB] = piece->own * HUGE_KB;
		field[SMAPS_SHARED_HUGETLB] = piece->both * HUGE_KB;
		return;
	}
	field[SMAPS_RSS] = rss * KB;
	field[SMAPS_PSS] = piece->own * KB + piece->both * KB / 2;
	field[SMAPS_PSS_DIRTY] = field[SMAPS_PSS] - piece->clean * KB;
	field[SMAPS_SHARED_DIRTY] = piece->both * KB;
	field[SMAPS_PRIVATE_CLEAN] = piece->clean * KB;
	field[SMAPS_PRIVATE_DIRTY] = (piece->own - piece->clean) * KB;
	field[SMAPS_REFERENCED] = piece->referenced * KB;
	field[SMAPS_ANONYMOUS] = piece->anon * KB;
	field[SMAPS_LAZY_FREE] = piece->lazy * KB;
	field[SMAPS_LOCKED] = piece->locked * KB;
}

static const struct smaps_vma *vma_of(const struct smaps_check *sc,
				      const struct piece *piece)
{
	uint64_t start = RULE_BASE + piece->start * PAGE_SIZE;
	const struct smaps_vma *vma = smaps_at(&sc->smaps, start);

	if (!vma)
		check_fail(sc->check, "smaps has no VMA at 0x%" PRIx64 " (%s)",
			   start, piece->memory.name);
	return vma;
}

static void compare(struct smaps_check *sc, const struct piece *piece,
		    const struct smaps_vma *vma, enum smaps_field field,
		    uint64_t expected, const char *who)
{
	sc->check->checked++;
	if (vma->field[field] != expected)
		check_fail(sc->check, "smaps, VMA 0x%" PRIx64 " (%s): %s is %" PRIu64 " kB, %s %" PRIu64 " kB",
			   vma->start, piece->memory.name, smaps_field_name(field),
			   vma->field[field], who, expected);
}

static void check_fields(struct smaps_check *sc)
{
	uint64_t expected[NR_SMAPS_FIELDS];
	size_t i;
	int field;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct smaps_vma *vma = vma_of(sc, pieces + i);

		if (!vma)
			continue;
		expect_fields(expected, pieces + i);
		for (field = 0; field < NR_SMAPS_FIELDS; field++)
			compare(sc, pieces + i, vma, field, expected[field],
				"expected");
	}
}

static int open_file_of_proc(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("%s: %s: is CONFIG_PROC_PAGE_MONITOR on?", path,
		    strerror(errno));
	return fd;
}

static uint64_t read_by_pfn(int fd, uint64_t pfn)
{
	uint64_t value;

	if (pread(fd, &value, sizeof(value), pfn * sizeof(value)) !=
	    sizeof(value))
		die("kpagecount or kpageflags: no page 0x%" PRIx64, pfn);
	return value;
}

/* The sums over the pages of a VMA. */
struct sums {
	uint64_t rss, pss, shared, anon;	/* in pages; pss << PSS_SHIFT */
};

static void add_page(struct smaps_check *sc, struct sums *sums, uint64_t entry)
{
	uint64_t pfn = entry & PM_PFN, count, flags;

	if (!(entry & PM_PRESENT))
		return;
	count = read_by_pfn(sc->counts, pfn);
	flags = read_by_pfn(sc->flags, pfn);
	if (flags & KPF_ZERO_PAGE)
		return;
	sums->rss++;
	sums->pss += (UINT64_C(1) << PSS_SHIFT) / count;
	sums->shared += count > 1;
	sums->anon += !!(flags & KPF_ANON);
	sc->check->checked++;
	if (!(entry & PM_EXCLUSIVE) != (count > 1))
		check_fail(sc->check, "pagemap says that PFN 0x%" PRIx64 " is%s exclusive, kpagecount that it is mapped %" PRIu64 " times",
			   pfn, entry & PM_EXCLUSIVE ? "" : " not", count);
}

static struct sums sum_pages(struct smaps_check *sc, const struct piece *piece)
{
	uint64_t unit = memory_is(&piece->memory, BACKING_HUGETLB) ? HUGE_PAGES : 1, page, entry;
	struct sums sums = { 0 };

	for (page = 0; page < piece->pages; page += unit) {
		entry = 0;
		pagemap_read_singly(sc->pagemap, RULE_BASE + (piece->start + page) *
				    PAGE_SIZE, &entry, 1);
		add_page(sc, &sums, entry);
	}
	return sums;
}

static void compare_sums(struct smaps_check *sc, const struct piece *piece,
			 const struct smaps_vma *vma)
{
	static const char who[] = "pagemap and kpagecount say";
	struct sums sums = sum_pages(sc, piece);
	struct smaps_vma split = *vma;

	if (memory_is(&piece->memory, BACKING_HUGETLB)) {
		compare(sc, piece, vma, SMAPS_SHARED_HUGETLB,
			sums.shared * HUGE_KB, who);
		compare(sc, piece, vma, SMAPS_PRIVATE_HUGETLB,
			(sums.rss - sums.shared) * HUGE_KB, who);
		return;
	}
	compare(sc, piece, vma, SMAPS_RSS, sums.rss * KB, who);
	compare(sc, piece, vma, SMAPS_PSS, sums.pss * KB >> PSS_SHIFT, who);
	compare(sc, piece, vma, SMAPS_ANONYMOUS, sums.anon * KB, who);
	split.field[SMAPS_SHARED_DIRTY] += split.field[SMAPS_SHARED_CLEAN];
	compare(sc, piece, &split, SMAPS_SHARED_DIRTY, sums.shared * KB, who);
}

static void check_against_pages(struct smaps_check *sc)
{
	size_t i;

	sc->pagemap = open_proc(sc->pid, "pagemap");
	sc->counts = open_file_of_proc("/proc/kpagecount");
	sc->flags = open_file_of_proc("/proc/kpageflags");
	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		const struct smaps_vma *vma = vma_of(sc, pieces + i);

		/* pagemap says nothing of PFNMAP; smaps skips it. */
		if (vma && !memory_is_pfnmap(&pieces[i].memory))
			compare_sums(sc, pieces + i, vma);
	}
	close(sc->flags);
	close(sc->counts);
	close(sc->pagemap);
}

/* The Pss of each VMA is rounded down, but the sum only once. */
static void compare_rollup(struct smaps_check *sc, const char *name,
			   int64_t got, uint64_t sum, uint64_t slack)
{
	sc->check->checked++;
	if (got < (int64_t)sum || got > (int64_t)(sum + slack))
		check_fail(sc->check, "smaps_rollup: %s is %" PRId64 " kB, the VMAs of smaps add up to %" PRIu64 " kB",
			   name, got, sum);
}

static void check_rollup(struct smaps_check *sc, const char *text)
{
	int64_t split;
	uint64_t sum;
	size_t i;
	int f;

	for (f = SMAPS_RSS; f <= SMAPS_LOCKED; f++) {
		bool pss = f == SMAPS_PSS || f == SMAPS_PSS_DIRTY ||
			   f == SMAPS_SWAP_PSS || f == SMAPS_LOCKED;

		for (sum = 0, i = 0; i < sc->smaps.nr; i++)
			sum += sc->smaps.vmas[i].field[f];
		compare_rollup(sc, smaps_field_name(f),
			       smaps_rollup_field(text, smaps_field_name(f)), sum,
			       pss ? sc->smaps.nr : 0);
	}
	split = smaps_rollup_field(text, "Pss_Anon") + smaps_rollup_field(text, "Pss_File") +
		smaps_rollup_field(text, "Pss_Shmem");
	compare_rollup(sc, "Pss", smaps_rollup_field(text, "Pss"), split, 3);
}

static int64_t read_proc(int pid, const char *name, char *text, size_t size)
{
	int fd = open_proc(pid, name);
	int64_t len = smaps_read(fd, text, size - 1);

	close(fd);
	if (len < 0)
		die("%s: %s", name, strerror(-len));
	text[len] = '\0';
	return len;
}

static void check_two_processes(struct rule_run *run)
{
	char *text = map_populated(SMAPS_MAX), rollup[PAGE_SIZE], error[160];
	struct smaps_check sc = { 0 };
	struct resident resident;
	uint64_t pool;
	int64_t len;

	pool = pool_add(2);
	resident_start(&resident, settle, &run->probe);
	sc.pid = resident.pid;
	/*
	 * Read one right after the other: this process may be the second to
	 * use a page of the program, which is shared then.
	 */
	len = read_proc(sc.pid, "smaps", text, SMAPS_MAX);
	read_proc(sc.pid, "smaps_rollup", rollup, sizeof(rollup));
	if (!smaps_parse(&sc.smaps, text, len, error, sizeof(error)))
		die("%s", error);
	sc.check = rule_case(run, "fields");
	check_fields(&sc);
	sc.check = rule_case(run, "pagemap and kpagecount");
	check_against_pages(&sc);
	sc.check = rule_case(run, "smaps_rollup");
	check_rollup(&sc, rollup);
	smaps_free(&sc.smaps);
	resident_stop(&resident);
	pool_restore(pool);
	unmap_populated(text, SMAPS_MAX);
}

static void check_joints(struct rule_run *run)
{
	struct subject subject;
	struct joints joints;

	joints_describe(&joints, run->probe);
	subject_start(&subject, &joints.layout, run->probe);
	check_smaps(rule_case(run, "all joints"), &subject);
	subject_stop(&subject);
	joints_free(&joints);
}

static void check_smaps_rule(struct rule_run *run)
{
	if (!joints_taken())
		check_two_processes(run);
	check_joints(run);
	check_file_of_vma(run);
}

const struct rule rule_u2 = { "U2", "smaps", check_smaps_rule };
