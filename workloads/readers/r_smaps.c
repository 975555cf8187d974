// SPDX-License-Identifier: GPL-2.0
/* The files that describe each VMA, or their sum, as text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "readers/reading.h"
#include "truth/smaps_check.h"

#define KB		(PAGE_SIZE / 1024)
#define PSS_SHIFT	12

/*
 * Say a line of maps: "1000-2000 rw-p 00000000 00:0c 17   /a/path". Device and
 * inode depend on what else the kernel made, and so does the offset of private
 * PFNMAP memory: remap_pfn_range() puts the PFN there.
 */
static void say_header(struct text *said, const char *line, size_t len)
{
	int offset = 0, before = 0, behind = 0;
	char perms[5];
	bool pfn;

	if (sscanf(line, "%*s %4s %n%*s %n%*s %*s%n", perms, &offset, &before,
		   &behind) != 1 || !behind || (size_t)behind > len ||
	    !strncmp(line + before, "00:00 0 ", strlen("00:00 0 "))) {
		text_add(said, "%.*s\n", (int)len, line);
		return;
	}
	while ((size_t)behind < len && line[behind] == ' ')
		behind++;
	pfn = perms[3] == 'p' && !strncmp(line + behind, "/dev/", 5);
	text_add(said, "%.*s%s* %.*s\n", pfn ? offset : before, line,
		 pfn ? "* " : "", (int)len - behind, line + behind);
}

/* Return the region that begins at an address, or NULL. */
static const struct region *region_at(const struct layout *layout,
				      uint64_t address)
{
	struct truth truth;

	if (address < layout->base || address >= layout_end(layout))
		return NULL;
	truth = layout_at(layout, (address - layout->base) / PAGE_SIZE);
	if (!truth.region ||
	    layout_address(layout, truth.region->start) != address)
		return NULL;
	return truth.region;
}

static void check_vma(struct reading *reading, const struct smaps_vma *vma,
		      const struct region *region)
{
	if (region)
		check_smaps_vma(&reading->check, reading->layout, region, vma);
	else if (vma->start != SUBJECT_CODE)
		check_fail(&reading->check, "%s: no VMA begins at 0x%" PRIx64,
			   reading->reader, vma->start);
}

static void read_vma(struct reading *reading, const char *text, size_t len)
{
	size_t header = strcspn(text, "\n");
	const struct region *region;
	struct smaps_vma vma;

	smaps_parse_vma(&vma, text, len);
	region = region_at(reading->layout, vma.start);
	check_vma(reading, &vma, region);
	say_header(&reading->said, text, header);
	text_add(&reading->said, "%.*s", (int)(len - header - 1),
		 text + header + 1);
	reading_case(reading, "0x%" PRIx64 " %s", vma.start,
		     region ? region->memory->name : "code");
}

static void check_number(struct reading *reading, size_t vmas)
{
	reading->check.checked++;
	if (vmas != reading->layout->nr_regions + 1)
		check_fail(&reading->check, "%s has %zu VMAs, expected %zu",
			   reading->reader, vmas,
			   reading->layout->nr_regions + 1);
	text_add(&reading->said, "%zu VMAs", vmas);
	reading_case(reading, "number of VMAs");
}

void read_smaps(struct reading *reading)
{
	const char *text = reading_text(reading, reading->reader), *next;
	size_t vmas = 0;

	for (; *text; text = next, vmas++) {
		next = smaps_next(text);
		read_vma(reading, text, next - text);
	}
	check_number(reading, vmas);
}

/* Say a file with a line for each VMA. Return how many lines there were. */
static size_t say_lines(struct reading *reading, const char *text)
{
	size_t lines = 0;

	for (; *text; lines++) {
		size_t len = strcspn(text, "\n");

		say_header(&reading->said, text, len);
		text += len + !!text[len];
	}
	return lines;
}

static void check_line(struct reading *reading, size_t i, const char *line)
{
	const struct layout *layout = reading->layout;
	const struct region *region = layout->regions + i;
	const struct memory *memory = region->memory;
	char expected[64];

	snprintf(expected, sizeof(expected), "%" PRIx64 "-%" PRIx64 " %c%c-%c ",
		 layout_address(layout, region->start),
		 layout_address(layout, region->start + region->pages),
		 memory->prot & PROT_READ ? 'r' : '-',
		 memory->prot & PROT_WRITE ? 'w' : '-',
		 memory->shared ? 's' : 'p');
	reading->check.checked++;
	if (strncmp(line, expected, strlen(expected)))
		check_fail(&reading->check, "maps: '%.*s', expected '%s' (%s)",
			   (int)strcspn(line, "\n"), line, expected,
			   memory->name);
}

void read_maps(struct reading *reading)
{
	const char *text = reading_text(reading, reading->reader), *line = text;
	size_t i, lines = say_lines(reading, text);

	reading->check.checked++;
	if (lines != reading->layout->nr_regions + 1)
		check_fail(&reading->check, "maps has %zu lines, expected %zu",
			   lines, reading->layout->nr_regions + 1);
	for (i = 0; i + 1 < lines && i < reading->layout->nr_regions; i++) {
		line = strchr(line, '\n') + 1;
		check_line(reading, i, line);
	}
	reading_case(reading, "all");
}

/* No documentation says enough of numa_maps to compare it with the truth. */
void read_numa_maps(struct reading *reading)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/numa_maps", reading->pid);
	if (access(path, R_OK)) {
		reading_skip(reading, "this kernel has no numa_maps");
		return;
	}
	text_add(&reading->said, "%s", reading_text(reading, reading->reader));
	reading_case(reading, "all");
}

/* The sum over the layout and the page of code. Each Pss_* is part of Pss. */
struct sums {
	uint64_t field[NR_SMAPS_FIELDS];
	uint64_t pss, pss_anon, pss_shmem;	/* in bytes << PSS_SHIFT */
};

static void add_region(struct sums *sums, const struct layout *layout,
		       const struct region *region)
{
	uint64_t field[NR_SMAPS_FIELDS], pss, pages;
	int i;

	smaps_expect(field, layout, region);
	for (i = 0; i < NR_SMAPS_FIELDS; i++)
		sums->field[i] += field[i];
	pages = field[SMAPS_RSS] / KB;
	pss = pages * ((PAGE_SIZE << PSS_SHIFT) / smaps_sharers(layout, region));
	sums->pss += pss;
	if (field[SMAPS_ANONYMOUS])
		sums->pss_anon += pss;
	else if (memory_is(region->memory, BACKING_FILE))
		sums->pss_shmem += pss;
}

static void add_all(struct sums *sums, const struct layout *layout)
{
	static const struct range page = { 0, 1, 1 };
	const struct region code = {
		.memory = &mem_anon,
		.pages = 1,
		.nr_ranges = 1,
		.ranges = (struct range *)&page,
	};
	size_t i;

	*sums = (struct sums){ 0 };
	add_region(sums, layout, &code);
	for (i = 0; i < layout->nr_regions; i++)
		add_region(sums, layout, layout->regions + i);
}

static void check_sum(struct reading *reading, const char *text,
		      const char *name, uint64_t expected)
{
	int64_t got = smaps_rollup_field(text, name);

	reading->check.checked++;
	if (got != (int64_t)expected)
		check_fail(&reading->check, "smaps_rollup: %s is %" PRId64 " kB, expected %" PRIu64 " kB",
			   name, got, expected);
}

static uint64_t pss_kb(uint64_t pss)
{
	return pss >> PSS_SHIFT >> 10;
}

void read_smaps_rollup(struct reading *reading)
{
	const char *text = reading_text(reading, reading->reader);
	struct sums sums;
	int f;

	add_all(&sums, reading->layout);
	sums.field[SMAPS_PSS] = pss_kb(sums.pss);
	sums.field[SMAPS_PSS_DIRTY] = pss_kb(sums.pss);
	for (f = SMAPS_RSS; f <= SMAPS_LOCKED; f++)
		check_sum(reading, text, smaps_field_name(f), sums.field[f]);
	check_sum(reading, text, "Pss_Anon", pss_kb(sums.pss_anon));
	check_sum(reading, text, "Pss_Shmem", pss_kb(sums.pss_shmem));
	check_sum(reading, text, "Pss_File",
		  pss_kb(sums.pss - sums.pss_anon - sums.pss_shmem));
	text_add(&reading->said, "%s", text);
	reading_case(reading, "all");
}
