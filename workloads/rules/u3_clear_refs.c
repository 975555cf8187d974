// SPDX-License-Identifier: GPL-2.0
/*
 * U3: writing to /proc/PID/clear_refs clears the referenced mark of exactly
 * the pages that Documentation/filesystems/proc.rst says:
 *
 * 1	all pages	2	anonymous memory	3	mapped files
 * 4	the soft-dirty bit, which user-mode Linux does not have
 * 5	no page: the peak of the resident set
 *
 * The marks are read back as Referenced in smaps. All VMAs lie in two adjacent
 * PTE tables, so that a walk that goes too far meets pages that it must leave
 * alone.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/clear_refs.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "space/map.h"
#include "space/subject.h"
#include "truth/page.h"

#define SMAPS_MAX	(UINT64_C(1) << 20)
#define KB		(PAGE_SIZE / 1024)

#define RW		(PROT_READ | PROT_WRITE)

#define PEAK_PAGES	256
#define PEAK_SLACK	64	/* what the program itself may need meanwhile */

/* Places are in pages from the base; all pages are populated. */
static const struct piece {
	const struct memory *memory;
	uint64_t start, pages;
} pieces[] = {
	{ &mem_anon, 480, 3 },
	{ &mem_file_shared, 483, 4 },
	{ &mem_anon, 487, 5 },
	{ &mem_pfnmap, 492, 3 },
	{ &mem_file, 495, 6 },
	{ &mem_anon, 503, 9 },
	{ &mem_file_shared, 512, 2 },
	{ &mem_anon, 514, 1 },
	{ &mem_hugetlb, 1024, 512 },
};

#define NR_PIECES	ARRAY_SIZE(pieces)

struct clear_check {
	struct rule_run *run;
	struct check *check;
	struct subject subject;
	struct layout layout;
	int file;
	char *text;		/* the content of smaps */
	uint64_t referenced[NR_PIECES];
};

static uint64_t address_of(const struct piece *piece)
{
	return RULE_BASE + piece->start * PAGE_SIZE;
}

static int open_memory_file(void)
{
	int fd = memfd_create("clear_refs", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, 8 * NR_PIECES * PAGE_SIZE))
		die("memfd: %s", strerror(errno));
	return fd;
}

static void describe_pieces(struct layout *layout, int file, int probe)
{
	size_t i;

	*layout = (struct layout){ .name = "clear_refs", .base = RULE_BASE };
	for (i = 0; i < NR_PIECES; i++) {
		const struct piece *piece = pieces + i;
		struct region *region =
			layout_vma_at(layout, piece->start,
				      memory_there(piece->memory, probe),
				      piece->pages);

		/* Each file VMA has pages of its own. */
		region->file = file;
		region->offset = 8 * i;
		if (!memory_is_pfnmap(piece->memory))
			region_populate(region, 0,
					piece->pages / region_unit(region), 1);
	}
}

/* Each case has its own process, whose pages are all new and referenced. */
static void begin(struct clear_check *cc, const char *name)
{
	cc->check = rule_case(cc->run, "%s", name);
	cc->file = open_memory_file();
	describe_pieces(&cc->layout, cc->file, cc->run->probe);
	subject_start(&cc->subject, &cc->layout, cc->run->probe);
}

static void end(struct clear_check *cc)
{
	subject_stop(&cc->subject);
	layout_free(&cc->layout);
	close(cc->file);
}

static void note_referenced(struct clear_check *cc, const struct smaps *smaps)
{
	size_t i, j;

	for (i = 0; i < NR_PIECES; i++)
		for (j = 0; j < smaps->nr; j++)
			if (smaps->vmas[j].start == address_of(pieces + i))
				cc->referenced[i] =
					smaps->vmas[j].field[SMAPS_REFERENCED];
}

static void read_referenced(struct clear_check *cc)
{
	int fd = open_proc(cc->subject.pid, "smaps");
	int64_t len = smaps_read(fd, cc->text, SMAPS_MAX);
	struct smaps smaps;
	char error[160];

	close(fd);
	if (len < 0)
		die("smaps: %s", strerror(-len));
	if (!smaps_parse(&smaps, cc->text, len, error, sizeof(error)))
		die("%s", error);
	memset(cc->referenced, 0xff, sizeof(cc->referenced));
	note_referenced(cc, &smaps);
	smaps_free(&smaps);
}

/* smaps counts neither PFNMAP nor hugetlb as referenced. */
static uint64_t counted_pages(const struct piece *piece)
{
	return memory_is(piece->memory, BACKING_ANON) ||
	       memory_is(piece->memory, BACKING_FILE) ? piece->pages : 0;
}

static void expect(struct clear_check *cc, const char *when, size_t i,
		   uint64_t pages)
{
	cc->check->checked++;
	if (cc->referenced[i] != pages * KB)
		check_fail(cc->check, "%s, VMA 0x%" PRIx64 " (%s, %" PRIu64 " pages): Referenced in smaps is %" PRIu64 " kB, expected %" PRIu64 " kB",
			   when, address_of(pieces + i), pieces[i].memory->name,
			   pieces[i].pages, cc->referenced[i], pages * KB);
}

static void expect_all_referenced(struct clear_check *cc, const char *when)
{
	size_t i;

	read_referenced(cc);
	for (i = 0; i < NR_PIECES; i++)
		expect(cc, when, i, counted_pages(pieces + i));
}

static void check_clear(struct clear_check *cc, const char *what,
			const char *name)
{
	char when[40];
	size_t i;
	int done;

	begin(cc, name);
	expect_all_referenced(cc, "before");
	done = write_clear_refs(cc->subject.pid, what);
	if (done != (int)strlen(what))
		check_fail(cc->check, "writing %s to clear_refs: %s", what,
			   strerror(-done));
	read_referenced(cc);
	snprintf(when, sizeof(when), "after writing %s to clear_refs", what);
	for (i = 0; i < NR_PIECES; i++)
		expect(cc, when, i, memory_is_cleared(pieces[i].memory, what) ? 0 :
		       counted_pages(pieces + i));
	end(cc);
}

static void use_page(struct clear_check *cc, size_t i, uint64_t page)
{
	struct range one = { page, page + 1, 1 };
	struct region region = cc->layout.regions[i];

	region.nr_ranges = 1;
	region.ranges = &one;
	layout_populate(&cc->layout, &region, cc->run->probe, cc->subject.pid);
}

/* After all is cleared, exactly the pages that are used again are marked. */
static void check_use(struct clear_check *cc)
{
	size_t i, j;

	begin(cc, "used again");
	write_clear_refs(cc->subject.pid, "1");
	for (i = 0; i < NR_PIECES; i++) {
		if (!counted_pages(pieces + i))
			continue;
		use_page(cc, i, pieces[i].pages / 2);
		read_referenced(cc);
		for (j = 0; j < NR_PIECES; j++)
			expect(cc, "after one page was used again", j,
			       j <= i && counted_pages(pieces + j) ? 1 : 0);
	}
	end(cc);
}

static void check_refused(struct clear_check *cc)
{
	static const char * const what[] = { "0", "6", "-1", "x" };
	size_t i;

	begin(cc, "refused");
	for (i = 0; i < ARRAY_SIZE(what); i++) {
		int done = write_clear_refs(cc->subject.pid, what[i]);

		cc->check->checked++;
		if (done != -EINVAL)
			check_fail(cc->check, "writing %s to clear_refs gave %d, expected -EINVAL",
				   what[i], done);
		expect_all_referenced(cc, "after a write that was refused");
	}
	end(cc);
}

/* Read a field of this process's status, in pages. */
static uint64_t status_pages(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long kb = 0;
	char line[128];

	must(file, "/proc/self/status");
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %lu", &kb);
	fclose(file);
	return kb / KB;
}

/* Memory that is gone counts in the peak until 5 is written. */
static void check_peak(struct clear_check *cc)
{
	uint64_t size = PEAK_PAGES * PAGE_SIZE, before, after;
	void *memory = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS |
			    MAP_POPULATE, -1, 0);

	must(memory != MAP_FAILED, "mmap");
	munmap(memory, size);
	cc->check = rule_case(cc->run, "5: the peak");
	before = status_pages("VmHWM") - status_pages("VmRSS");
	write_clear_refs(getpid(), "5");
	after = status_pages("VmHWM") - status_pages("VmRSS");
	cc->check->checked += 2;
	if (before < PEAK_PAGES - PEAK_SLACK)
		check_fail(cc->check, "%" PRIu64 " pages were unmapped, and the peak is %" PRIu64 " above Rss",
			   (uint64_t)PEAK_PAGES, before);
	if (after > PEAK_SLACK)
		check_fail(cc->check, "after writing 5 to clear_refs the peak is %" PRIu64 " pages above Rss",
			   after);
}

static void check_clear_refs_rule(struct rule_run *run)
{
	struct clear_check cc = { .run = run };

	cc.text = map_populated(SMAPS_MAX);
	check_clear(&cc, "1", "1: all pages");
	check_clear(&cc, "2", "2: anonymous memory");
	check_clear(&cc, "3", "3: mapped files");
	rule_skip(run, "4: soft-dirty", "user-mode Linux has no soft-dirty bit");
	check_clear(&cc, "5", "5: no page");
	check_peak(&cc);
	check_use(&cc);
	check_refused(&cc);
	unmap_populated(cc.text, SMAPS_MAX);
}

const struct rule rule_u3 = {
	"U3", "clear_refs", check_clear_refs_rule
};
