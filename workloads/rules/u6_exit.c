// SPDX-License-Identifier: GPL-2.0
/*
 * U6: after a process exits whose memory was walked, free memory and huge pages
 * are as before. If a walk destroyed a page table that it took for a corrupt
 * one, this shows here at the latest. The host judges the kernel's log, since
 * it has all of it.
 */
#include <inttypes.h>
#include <unistd.h>

#include "kernel/clear_refs.h"
#include "kernel/meminfo.h"
#include "kernel/pagemap.h"
#include "kernel/probe.h"
#include "kernel/scan.h"
#include "kernel/util.h"
#include "rules/rule.h"
#include "space/joints.h"
#include "space/subject.h"

/*
 * These counters must be equal. Free memory may differ by what the slab
 * allocator keeps, in kB.
 */
static const char * const counters[] = {
	"AnonPages", "Mapped", "PageTables", "Shmem", "HugePages_Total",
	"HugePages_Free", "HugePages_Rsvd", "HugePages_Surp", "MemFree",
};

#define NR_COUNTERS	ARRAY_SIZE(counters)
#define MEM_FREE	(NR_COUNTERS - 1)
#define FREE_SLACK	512
#define SETTLE_TRIES	50
#define SETTLE_US	4000

struct state {
	uint64_t counters[NR_COUNTERS];
};

static void read_state(struct state *state)
{
	meminfo_read(counters, state->counters, NR_COUNTERS);
	state->counters[MEM_FREE] = free_memory_kb();
}

/* Some memory is freed behind a process, after a grace period of RCU. */
static void read_settled_state(struct state *state, const struct state *before)
{
	int tries = SETTLE_TRIES;

	do {
		read_state(state);
		if (state->counters[MEM_FREE] + FREE_SLACK >=
		    before->counters[MEM_FREE])
			break;
		usleep(SETTLE_US);
	} while (--tries);
}

static void compare(struct check *check, const struct state *before,
		    const struct state *after)
{
	size_t i;

	for (i = 0; i < NR_COUNTERS; i++) {
		int64_t more = after->counters[i] - before->counters[i];

		check->checked++;
		if (i == MEM_FREE ? more < -(int64_t)FREE_SLACK : more)
			check_fail(check, "after the process exited, %s in /proc/meminfo is %" PRIu64 ", %+" PRId64,
				   counters[i], after->counters[i], more);
	}
}

static void walk_nothing(const struct subject *subject)
{
	(void)subject;
}

static void scan_all(const struct layout *layout, int fd)
{
	struct scan scan = {
		.start = layout->base,
		.end = layout_end(layout),
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT,
	};

	pagemap_scan(fd, &scan);
}

/* Read what ps, top, a checkpoint and a memory profiler read. */
static void walk_files(const struct subject *subject)
{
	const struct layout *layout = subject->layout;
	size_t size = layout->pages * sizeof(uint64_t);
	uint64_t *entries = map_populated(size);
	int fd = open_proc(subject->pid, "pagemap");
	struct check ignored = { 0 };

	pagemap_read(fd, layout->base, entries, layout->pages);
	scan_all(layout, fd);
	close(fd);
	check_smaps(&ignored, subject);
	write_clear_refs(subject->pid, "1");
	unmap_populated(entries, size);
}

static void walk_raw(const struct subject *subject)
{
	struct check ignored = { 0 };
	size_t i;

	for (i = 0; i < nr_walks; i++)
		if (walk_is_by_probe(walks + i))
			check_walk(&ignored, subject, walks + i);
}

static const struct {
	const char *name;
	void (*walk)(const struct subject *subject);
} ways[] = {
	{ "not walked", walk_nothing },
	{ "files of /proc", walk_files },
	{ "raw walks", walk_raw },
};

static void live_and_exit(const struct layout *layout, int probe, size_t how)
{
	struct subject subject;

	subject_start(&subject, layout, probe);
	ways[how].walk(&subject);
	subject_stop(&subject);
}

static void check_exit_rule(struct rule_run *run)
{
	struct check *checks[ARRAY_SIZE(ways)];
	struct state before, after;
	struct joints joints;
	size_t i;

	joints_describe(&joints, run->probe);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		checks[i] = NULL;
		if (ways[i].walk == walk_raw && run->probe == NO_PROBE)
			rule_skip(run, ways[i].name, NO_PROBE_HERE);
		else
			checks[i] = rule_case(run, "%s", ways[i].name);
	}
	/* After this, all that is kept once allocated is allocated. */
	live_and_exit(&joints.layout, run->probe, 1);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!checks[i])
			continue;
		read_state(&before);
		live_and_exit(&joints.layout, run->probe, i);
		read_settled_state(&after, &before);
		compare(checks[i], &before, &after);
	}
	joints_free(&joints);
}

const struct rule rule_u6 = { "U6", "clean_exit", check_exit_rule };
