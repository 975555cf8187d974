// SPDX-License-Identifier: GPL-2.0
/*
 * Of a process that stands still, all readers say the same: each page that
 * PAGEMAP_SCAN calls present lies in a VMA of smaps, whose Rss they add up to,
 * and pagemap says present of those pages and of no others. No VMA is missing
 * in smaps, or there twice: they have as many pages as the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "stress/glance.h"
#include "stress/scan_walk.h"

#define TEXT_MAX	(UINT64_C(1) << 20)	/* of more VMAs it takes too long */
#define PAGES_MAX	UINT64_C(4096)		/* of a VMA, in pagemap */

#define KB		(PAGE_SIZE / 1024)

/* What a scan gave of a VMA, in pages. */
struct sum {
	uint64_t present, zero;
};

struct still {
	struct glances *glances;
	struct smaps smaps;
	struct sum *sums;
	size_t vma;		/* the last one that had a region */
};

/* Return false if it has ended, or is too large. */
static bool read_smaps(int pid, struct still *still)
{
	int fd = glance_open(pid, "smaps", O_RDONLY);
	char *text = xcalloc(TEXT_MAX, 1), error[120];
	int64_t len = fd < 0 ? 0 : smaps_read(fd, text, TEXT_MAX);
	bool ok = len > 0;

	if (fd >= 0)
		close(fd);
	if (ok && !smaps_parse(&still->smaps, text, len, error, sizeof(error)))
		check_fail(&still->glances->check, "%s", error);
	free(text);
	return ok;
}

/* Regions ascend, and a region may have pages of several VMAs. */
static void add_page(struct still *still, uint64_t address,
		     const struct scan_region *region)
{
	while (still->vma < still->smaps.nr &&
	       still->smaps.vmas[still->vma].end <= address)
		still->vma++;
	still->glances->check.checked++;
	if (still->vma == still->smaps.nr ||
	    still->smaps.vmas[still->vma].start > address) {
		check_fail(&still->glances->check, "PAGEMAP_SCAN says that 0x%" PRIx64 " is present, which is in no VMA of smaps",
			   address);
		return;
	}
	still->sums[still->vma].present++;
	still->sums[still->vma].zero += !!(region->categories & SCAN_PFNZERO);
}

static void scan_all(int fd, struct still *still)
{
	const struct scan_region *region;
	struct scan_walk walk;
	uint64_t address;

	scan_begin(&walk, fd);
	while ((region = scan_next(&walk)))
		for (address = region->start; address < region->end;
		     address += PAGE_SIZE)
			add_page(still, address, region);
	if (walk.error)
		check_fail(&still->glances->check, "PAGEMAP_SCAN: %s",
			   strerror(-walk.error));
}

/* The zero page does not count in Rss, and huge pages of hugetlbfs elsewhere. */
static void check_rss(struct still *still, const struct smaps_vma *vma,
		      const struct sum *sum)
{
	uint64_t kb = vma->field[SMAPS_RSS] + vma->field[SMAPS_SHARED_HUGETLB] +
		      vma->field[SMAPS_PRIVATE_HUGETLB];

	still->glances->check.checked++;
	if (kb != (sum->present - sum->zero) * KB)
		check_fail(&still->glances->check, "smaps says that 0x%" PRIx64 "-0x%" PRIx64 " has %" PRIu64 " kB, PAGEMAP_SCAN that %" PRIu64 " pages are present, %" PRIu64 " of them the zero page",
			   vma->start, vma->end, kb, sum->present, sum->zero);
}

static void check_entries(int fd, struct still *still,
			  const struct smaps_vma *vma, const struct sum *sum)
{
	static uint64_t entries[PAGES_MAX];
	uint64_t pages = (vma->end - vma->start) / PAGE_SIZE, present = 0, i;

	if (pages > PAGES_MAX)
		return;
	still->glances->check.checked++;
	if (pagemap_read(fd, vma->start, entries, pages) != (int64_t)pages) {
		check_fail(&still->glances->check, "pagemap: a read at 0x%" PRIx64 " gave too little",
			   vma->start);
		return;
	}
	for (i = 0; i < pages; i++)
		present += !!(entries[i] & PM_PRESENT);
	if (present != sum->present)
		check_fail(&still->glances->check, "pagemap says that 0x%" PRIx64 "-0x%" PRIx64 " has %" PRIu64 " present pages, PAGEMAP_SCAN that it has %" PRIu64,
			   vma->start, vma->end, present, sum->present);
}

/* The kernel counts these pages when VMAs come and go; smaps does not ask it. */
static uint64_t pages_of_process(int pid)
{
	int fd = glance_open(pid, "statm", O_RDONLY);
	char text[120] = "";

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		die("statm: %s", strerror(errno));
	close(fd);
	return strtoull(text, NULL, 10);
}

static void check_size(int pid, struct still *still)
{
	uint64_t counted = pages_of_process(pid), pages = 0;
	size_t i;

	for (i = 0; i < still->smaps.nr; i++)
		pages += (still->smaps.vmas[i].end -
			  still->smaps.vmas[i].start) / PAGE_SIZE;
	still->glances->check.checked++;
	if (pages != counted)
		check_fail(&still->glances->check, "the VMAs of smaps have %" PRIu64 " pages, statm says %" PRIu64,
			   pages, counted);
}

static void compare(int fd, struct still *still)
{
	size_t i;

	still->sums = xcalloc(still->smaps.nr, sizeof(*still->sums));
	scan_all(fd, still);
	for (i = 0; i < still->smaps.nr; i++) {
		const struct smaps_vma *vma = still->smaps.vmas + i;

		if (vma->end > scan_end())
			continue;
		check_rss(still, vma, still->sums + i);
		check_entries(fd, still, vma, still->sums + i);
	}
	free(still->sums);
}

void compare_still(int pid, struct glances *glances)
{
	struct still still = { .glances = glances };
	int fd = glance_open(pid, "pagemap", O_RDONLY);

	if (fd >= 0 && read_smaps(pid, &still)) {
		glances->reads++;
		check_size(pid, &still);
		compare(fd, &still);
		smaps_free(&still.smaps);
	}
	if (fd >= 0)
		close(fd);
}
