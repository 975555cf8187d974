/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subject is a child process that has a layout as its address space. It
 * maps the regions, then stays stopped in the kernel until it is killed; its
 * pages are populated from outside, afterwards, but for those that it alone can
 * populate. So nothing of them reaches the host, where a scattered layout would
 * be slow to map and run into vm.max_map_count. Where its parent has its stack,
 * and above, it has nothing but the layout.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "kernel/walks.h"
#include "space/layout.h"

struct subject {
	const struct layout *layout;
	int probe;
	int pid;
	bool has_pool;		/* it needed huge pages... */
	uint64_t pool_before;	/* ...of which there were so many before */
};

/* Die when the kernel cannot give what the layout needs. */
void subject_start(struct subject *subject, const struct layout *layout,
		   int probe);
void subject_stop(struct subject *subject);

/* A walk over it, opened. */
struct walk_run subject_walk(const struct subject *subject,
			     const struct walk *walk);

/* The end of the address space that a process can have. */
uint64_t address_space_end(void);

#endif
