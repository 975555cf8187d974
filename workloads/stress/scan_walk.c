// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "kernel/util.h"
#include "space/subject.h"
#include "stress/scan_walk.h"

#define ASKED	(SCAN_PRESENT | SCAN_FILE | SCAN_PFNZERO | SCAN_HUGE)

uint64_t scan_end(void)
{
	static uint64_t end;

	if (!end)
		end = address_space_end() - PAGE_SIZE;
	return end;
}

void scan_begin(struct scan_walk *walk, int fd)
{
	*walk = (struct scan_walk){
		.fd = fd,
		.scan = {
			.end = scan_end(),
			.vec_len = SCAN_WALK_REGIONS,
			.category_mask = SCAN_PRESENT,
			.return_mask = ASKED,
		},
	};
	walk->scan.vec = (uintptr_t)walk->regions;
}

/* Have the next regions. A scan may give none, and not be at the end. */
static bool scan_on(struct scan_walk *walk)
{
	while (walk->scan.start < walk->scan.end) {
		walk->calls++;
		walk->got = pagemap_scan(walk->fd, &walk->scan);
		walk->next = 0;
		if (walk->got < 0)
			walk->error = walk->got;
		else if (walk->scan.walk_end <= walk->scan.start)
			walk->error = -EIO;
		if (walk->error)
			return false;
		walk->scan.start = walk->scan.walk_end;
		if (walk->got)
			return true;
	}
	return false;
}

const struct scan_region *scan_next(struct scan_walk *walk)
{
	if (walk->next == walk->got && !scan_on(walk))
		return NULL;
	return walk->regions + walk->next++;
}
