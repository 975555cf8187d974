/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The subject is a child process that has a layout as its address space. It
 * maps the regions, and then stays stopped in the kernel until it is killed.
 * Its pages are populated from outside, except those that only the subject can
 * populate. So the host need not map them: a scattered layout would be slow to
 * map there and run into vm.max_map_count. From its parent's stack upwards, the
 * subject has nothing but the layout.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "kernel/identity.h"
#include "kernel/walks.h"
#include "space/layout.h"
#include "space/pool.h"

struct subject {
	const struct layout *layout;
	int probe;
	int pid;
	struct pools pools;
};

/* Die if the kernel cannot give what the layout needs. */
void subject_start(struct subject *subject, const struct layout *layout,
		   int probe);
/*
 * The same, but all else is unmapped, too, except for a page of code. So each
 * byte that the kernel says of the whole process is known.
 */
void subject_start_alone(struct subject *subject, const struct layout *layout,
			 int probe);
/*
 * The same as subject_start(), but the subject is a process of @owner, and only
 * @dumpable if it says so by prctl().
 */
void subject_start_of(struct subject *subject, const struct layout *layout,
		      int probe, const struct identity *owner, bool dumpable);
void subject_stop(struct subject *subject);
/* Kill it, but do not wait for its end, which may never come. */
void subject_leave(struct subject *subject);

/*
 * Have its transparent huge pages again, which walks to PTEs split, except those
 * that a child shares.
 */
void subject_make_thps(const struct subject *subject);

/* Tell whether the lock of its address space (mmap_lock) was left held. */
bool subject_is_locked(const struct subject *subject);

/*
 * Make a process that has unmapped all of its memory, and with it the code that
 * it runs. The signal that it gets for that stops it, since this process traces
 * it. Return its number.
 */
int process_without_memory(void);

/* Return 'R', 'S', 'D'..., as proc(5) has it. */
char process_state(int pid);

/* The page of code. It is anonymous, private and written. */
#define SUBJECT_CODE	(LAYOUT_BASE / 2)

/*
 * Unmap all of this process but that page and the memory from @start to @end, and
 * stop for ever. Memory ends at @last.
 */
void leave_all_but(uint64_t start, uint64_t end, uint64_t last);

/*
 * Open a walk over the subject. One that can walk this process's memory alone
 * has the longest stretch of the same layout without a hole there.
 */
struct walk_run subject_walk(const struct subject *subject,
			     const struct walk *walk);
void subject_walk_end(const struct subject *subject, struct walk_run *run);

/* Return the end of a process's address space. */
uint64_t address_space_end(void);

#endif
