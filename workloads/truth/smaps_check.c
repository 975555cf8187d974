// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "truth/smaps_check.h"

#define KB(pages)	((pages) * PAGE_SIZE / 1024)

uint64_t smaps_sharers(const struct layout *layout, const struct region *region)
{
	if (region->memory->content == CONTENT_FORKED ||
	    region->memory->content == CONTENT_MERGED)
		return 2;
	return memory_is(region->memory, BACKING_MIXEDMAP) ?
	       layout_mixedmaps(layout) : 1;
}

/* The zero page does not count, nor does a marker. */
static bool counts(const struct region *region)
{
	const struct memory *memory = region->memory;

	if (memory_is_pfnmap(memory))
		return !memory->shared;
	return memory_is_written(memory) || memory_is(memory, BACKING_FILE);
}

static bool is_anonymous(const struct memory *memory)
{
	return !memory->shared && memory_is_written(memory);
}

/* What is lazily freed is clean, and as if nobody had used it. */
static void expect_freed(uint64_t *field, uint64_t kb)
{
	field[SMAPS_RSS] = kb;
	field[SMAPS_PSS] = kb;
	field[SMAPS_PRIVATE_CLEAN] = kb;
	field[SMAPS_ANONYMOUS] = kb;
	field[SMAPS_LAZY_FREE] = kb;
}

/* Return how many transparent huge pages are mapped by PMDs. */
static uint64_t whole_thps(const struct layout *layout,
			   const struct region *region)
{
	uint64_t end = region->start + region->pages, page = region->start;
	uint64_t n = 0;

	if (!region->memory->thp)
		return 0;
	for (; (page = layout_next_thp(layout, page, end)) < end;
	     page += HUGE_PAGES)
		n += layout_at(layout, page).thp == THP_WHOLE;
	return n;
}

/* What is in memory throughout was written to its file. */
static bool is_dirty(const struct region *region)
{
	return region->memory->content != CONTENT_READ || region->cached;
}

static void expect_pages(uint64_t *field, const struct layout *layout,
			 const struct region *region)
{
	uint64_t kb = KB(region_populated(region) * region_unit(region));
	uint64_t sharers = smaps_sharers(layout, region);
	uint64_t own = KB(region_copied(region));

	if (memory_is(region->memory, BACKING_HUGETLB)) {
		field[sharers == 1 ? SMAPS_PRIVATE_HUGETLB :
		      SMAPS_SHARED_HUGETLB] = kb;
		return;
	}
	if (region->memory->content == CONTENT_FREED) {
		expect_freed(field, kb);
		return;
	}
	/* Swap has the part of a file, SwapPss has not: proc.rst. */
	if (region->memory->content == CONTENT_SWAPPED) {
		field[SMAPS_SWAP] = kb;
		field[SMAPS_SWAP_PSS] = region->memory->shared ? 0 : kb;
		return;
	}
	field[SMAPS_RSS] = kb;
	field[SMAPS_PSS] = (kb - own) / sharers + own;
	if (is_dirty(region)) {
		field[SMAPS_PSS_DIRTY] = field[SMAPS_PSS];
		field[SMAPS_PRIVATE_DIRTY] = sharers == 1 ? kb : own;
		field[SMAPS_SHARED_DIRTY] = kb - field[SMAPS_PRIVATE_DIRTY];
	} else {
		field[SMAPS_PRIVATE_CLEAN] = kb;
	}
	field[SMAPS_REFERENCED] = kb;
	field[SMAPS_ANONYMOUS] = is_anonymous(region->memory) ? kb : 0;
	field[SMAPS_KSM] = region->memory->content == CONTENT_MERGED ? kb : 0;
	field[SMAPS_LOCKED] = region->memory->lock ? kb / sharers : 0;
	field[SMAPS_ANON_HUGE_PAGES] = KB(HUGE_PAGES * whole_thps(layout, region));
}

/* Of PFNMAP, only copies count. */
void smaps_expect(uint64_t *field, const struct layout *layout,
		  const struct region *region)
{
	memset(field, 0, NR_SMAPS_FIELDS * sizeof(*field));
	field[SMAPS_SIZE] = KB(region->pages);
	field[SMAPS_KERNEL_PAGE_SIZE] = KB(region_unit(region));
	field[SMAPS_MMU_PAGE_SIZE] = KB(region_unit(region));
	if (counts(region))
		expect_pages(field, layout, region);
}

static void check_fields(struct check *check, const struct layout *layout,
			 const struct region *region,
			 const struct smaps_vma *vma)
{
	uint64_t expected[NR_SMAPS_FIELDS];
	int i;

	smaps_expect(expected, layout, region);
	for (i = 0; i < NR_SMAPS_FIELDS; i++) {
		check->checked++;
		if (!(vma->seen & (1U << i)))
			check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): no line %s",
				   vma->start, region->memory->name,
				   smaps_field_name(i));
		else if (vma->field[i] != expected[i])
			check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): %s is %" PRIu64 ", expected %" PRIu64,
				   vma->start, region->memory->name,
				   smaps_field_name(i), vma->field[i],
				   expected[i]);
	}
}

static void check_flag(struct check *check, const struct region *region,
		       const struct smaps_vma *vma, const char *flag,
		       bool expected)
{
	check->checked++;
	if (smaps_has_flag(vma, flag) != expected)
		check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): VmFlags are%s, expected %s%s",
			   vma->start, region->memory->name, vma->vm_flags,
			   expected ? "" : "no ", flag);
}

static void check_flags(struct check *check, const struct region *region,
			const struct smaps_vma *vma)
{
	bool pfnmap = memory_is_pfnmap(region->memory);
	bool shared = region->memory->shared;
	bool readable = region->memory->prot & PROT_READ;
	bool writable = region->memory->prot & PROT_WRITE;
	char perms[] = { readable ? 'r' : '-', writable ? 'w' : '-', '-', shared ? 's' : 'p', '\0' };

	check_flag(check, region, vma, "rd", readable);
	check_flag(check, region, vma, "wr", writable);
	check_flag(check, region, vma, "ex", false);
	check_flag(check, region, vma, "sh", shared);
	check_flag(check, region, vma, "pf", pfnmap);
	check_flag(check, region, vma, "io", pfnmap);
	check_flag(check, region, vma, "mm",
		   memory_is(region->memory, BACKING_MIXEDMAP));
	check_flag(check, region, vma, "lo", region->memory->lock);
	check_flag(check, region, vma, "gd", region->memory->grows);
	check_flag(check, region, vma, "uw",
		   region->memory->content == CONTENT_PROTECTED);
	check_flag(check, region, vma, "mg",
		   region->memory->content == CONTENT_MERGED);
	check_flag(check, region, vma, "hg", region->memory->thp);
	check_flag(check, region, vma, "nr", !region_is_reserved(region));
	check_flag(check, region, vma, "ht",
		   memory_is(region->memory, BACKING_HUGETLB));
	check->checked++;
	if (strcmp(vma->perms, perms))
		check_fail(check, "smaps, VMA 0x%" PRIx64 " (%s): permissions are %s",
			   vma->start, region->memory->name, vma->perms);
}

void check_smaps_vma(struct check *check, const struct layout *layout,
		     const struct region *region, const struct smaps_vma *vma)
{
	uint64_t start = layout_address(layout, region->start);
	uint64_t end = start + region->pages * PAGE_SIZE;

	check->checked++;
	if (vma->start != start || vma->end != end) {
		check_fail(check, "smaps: VMA 0x%" PRIx64 "-0x%" PRIx64 ", expected 0x%" PRIx64 "-0x%" PRIx64 " (%s)",
			   vma->start, vma->end, start, end,
			   region->memory->name);
		return;
	}
	check_fields(check, layout, region, vma);
	check_flags(check, region, vma);
}

void check_smaps_sums(struct check *check, const struct smaps_vma *vma)
{
	const uint64_t *f = vma->field;
	uint64_t split = f[SMAPS_SHARED_CLEAN] + f[SMAPS_SHARED_DIRTY] +
			 f[SMAPS_PRIVATE_CLEAN] + f[SMAPS_PRIVATE_DIRTY];

	check->checked += 3;
	if (f[SMAPS_SIZE] != (vma->end - vma->start) / 1024)
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Size is %" PRIu64 ", expected %" PRIu64,
			   vma->start, f[SMAPS_SIZE],
			   (vma->end - vma->start) / 1024);
	if (f[SMAPS_RSS] != split)
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Rss is %" PRIu64 ", Shared_* and Private_* add up to %" PRIu64,
			   vma->start, f[SMAPS_RSS], split);
	if (f[SMAPS_PSS] > f[SMAPS_RSS] || f[SMAPS_RSS] > f[SMAPS_SIZE])
		check_fail(check, "smaps, VMA 0x%" PRIx64 ": Pss %" PRIu64 ", Rss %" PRIu64 ", Size %" PRIu64 " do not ascend",
			   vma->start, f[SMAPS_PSS], f[SMAPS_RSS],
			   f[SMAPS_SIZE]);
}

static void check_vmas(struct check *check, const struct layout *layout,
		       const struct smaps *smaps)
{
	uint64_t last = 0;
	size_t i, region = 0;

	for (i = 0; i < smaps->nr; i++) {
		const struct smaps_vma *vma = smaps->vmas + i;

		check->checked++;
		if (vma->start < last || vma->start >= vma->end)
			check_fail(check, "smaps: VMA 0x%" PRIx64 "-0x%" PRIx64 " does not follow 0x%" PRIx64,
				   vma->start, vma->end, last);
		last = vma->end;
		check_smaps_sums(check, vma);
		if (vma->end <= layout->base || vma->start >= layout_end(layout))
			continue;
		if (region < layout->nr_regions)
			check_smaps_vma(check, layout,
					layout->regions + region, vma);
		region++;
	}
	check->checked++;
	if (region != layout->nr_regions)
		check_fail(check, "smaps: %zu VMAs in the layout's range, expected %zu",
			   region, layout->nr_regions);
}

void check_smaps(struct check *check, const struct subject *subject)
{
	uint64_t room = smaps_room(subject->layout->nr_regions);
	char *buf = map_populated(room);
	int fd = open_proc(subject->pid, "smaps");
	struct smaps smaps;
	int64_t len;

	len = smaps_read(fd, buf, room);
	if (len < 0)
		check_fail(check, "smaps: reading it failed: %s",
			   strerror(-len));
	else if (smaps_parse(&smaps, buf, len, check->detail,
			     sizeof(check->detail)))
		check_vmas(check, subject->layout, &smaps);
	else
		check->wrong++;
	if (len >= 0)
		smaps_free(&smaps);
	close(fd);
	unmap_populated(buf, room);
}
