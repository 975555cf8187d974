// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "kernel/util.h"
#include "stress/pass.h"

/* Text is given a page at a time at most, whatever the size of the read. */
const struct kind_of_pass kinds_of_pass[NR_KINDS_OF_PASS] = {
	{ "maps", 29, pass_text, false },
	{ "maps", 300, pass_text, false },
	{ "maps", 65536, pass_text, false },
	{ "smaps", 211, pass_text, false },
	{ "smaps", 1500, pass_text, false },
	{ "smaps", 65536, pass_text, false },
	{ "smaps_rollup", 65536, pass_rollup, false },
	{ "pagemap", 5, pass_pagemap, false },
	{ "pagemap", 37, pass_pagemap, false },
	{ "pagemap", 4096, pass_pagemap, false },
	{ "PAGEMAP_SCAN", 1, pass_scan, false },
	{ "PAGEMAP_SCAN", 7, pass_scan, false },
	{ "PAGEMAP_SCAN", 512, pass_scan, false },
	{ "mincore", 11, pass_mincore, true },
	{ "mincore", 50, pass_mincore, true },
};

void run_passes(const struct ledger *ledger, int pid, struct tally *tallies)
{
	size_t size = ledger->layout->pages * sizeof(struct look);
	struct pass pass = {
		.ledger = ledger,
		.pid = pid ? pid : getpid(),
		.before = map_populated(size),
		.after = map_populated(size),
	};
	size_t i;

	for (i = 0; i < NR_KINDS_OF_PASS; i++) {
		const struct kind_of_pass *kind = kinds_of_pass + i;

		if (kind->of_self && pid)
			continue;
		pass.reader = kind->reader;
		pass.size = kind->size;
		pass.tally = tallies + i;
		kind->run(&pass);
	}
	unmap_populated(pass.before, size);
	unmap_populated(pass.after, size);
}
