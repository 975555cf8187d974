// SPDX-License-Identifier: GPL-2.0
/* PAGEMAP_SCAN for present pages, again and again from where it ended. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/scan.h"
#include "kernel/util.h"
#include "stress/pass.h"
#include "truth/describe.h"
#include "truth/page.h"

#define ASKED	(SCAN_PRESENT | SCAN_FILE | SCAN_PFNZERO | SCAN_HUGE)

/* For each page, its categories, and how often it was given. */
struct given {
	uint64_t categories, times;
};

static void take(struct pass *pass, const struct scan_region *region,
		 struct given *given)
{
	const struct layout *layout = pass->ledger->layout;
	uint64_t address;

	pass->tally->check.checked++;
	if (region->start < layout->base || region->end > layout_end(layout) ||
	    region->start >= region->end) {
		check_fail(&pass->tally->check, "PAGEMAP_SCAN gave 0x%" PRIx64 "-0x%" PRIx64 ", which nobody asked for",
			   region->start, region->end);
		return;
	}
	for (address = region->start; address < region->end;
	     address += PAGE_SIZE) {
		struct given *page = given +
				     (address - layout->base) / PAGE_SIZE;

		page->categories = region->categories;
		page->times++;
	}
}

static void scan_all(struct pass *pass, int fd, struct given *given)
{
	const struct layout *layout = pass->ledger->layout;
	struct scan_region *regions = xcalloc(pass->size, sizeof(*regions));
	struct scan scan = {
		.start = layout->base,
		.end = layout_end(layout),
		.vec = (uintptr_t)regions,
		.vec_len = pass->size,
		.category_mask = SCAN_PRESENT,
		.return_mask = ASKED,
	};

	while (scan.start < scan.end) {
		int64_t got = pagemap_scan(fd, &scan), i;

		if (got < 0)
			die("PAGEMAP_SCAN: %s", strerror(-got));
		for (i = 0; i < got; i++)
			take(pass, regions + i, given);
		pass_read(pass);
		if (scan.walk_end <= scan.start)
			die("PAGEMAP_SCAN: a scan ended where it began");
		scan.start = scan.walk_end;
	}
	free(regions);
}

static void check_page(struct pass *pass, uint64_t page,
		       const struct given *given)
{
	struct truth truth = pass_truth(pass, page);
	uint64_t expected = page_categories(&truth);

	/* Nobody knows whether a huge page is split at present. */
	if (truth.thp)
		expected ^= (expected ^ given->categories) & SCAN_HUGE;
	pass->tally->check.checked++;
	if (given->categories != expected || given->times != !!expected)
		check_fail(&pass->tally->check, "PAGEMAP_SCAN for %zu regions at most: page 0x%" PRIx64 " (%s) was given %" PRIu64 " times, with categories 0x%" PRIx64 ", expected 0x%" PRIx64,
			   pass->size, pass_address(pass, page),
			   truth_name(&truth), given->times, given->categories,
			   expected);
}

void pass_scan(struct pass *pass)
{
	struct given *given = xcalloc(pass_pages(pass), sizeof(*given));
	int fd = open_proc(pass->pid, "pagemap");
	uint64_t page;

	if (pagemap_has_scan(fd)) {
		pass_begin(pass);
		scan_all(pass, fd, given);
		pass_end(pass);
		for (page = 0; page < pass_pages(pass); page++)
			if (pass->after[page].stands)
				check_page(pass, page, given + page);
	}
	close(fd);
	free(given);
}
