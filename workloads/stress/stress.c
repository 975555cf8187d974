// SPDX-License-Identifier: GPL-2.0
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/probe.h"
#include "kernel/thp.h"
#include "kernel/util.h"
#include "out/records.h"
#include "space/map.h"
#include "space/pool.h"
#include "space/taken.h"
#include "stress/changer.h"
#include "stress/huge.h"
#include "stress/marked.h"
#include "stress/pass.h"
#include "stress/stress.h"

#define SECONDS_MAX	1000000

/* Who reads. */
enum by { BY_OTHER, BY_ITSELF, NR_BY };

static const char * const by_names[NR_BY] = { "another process", "itself" };

/* What the two processes share. */
static struct shared {
	struct tally tallies[NR_BY][NR_KINDS_OF_PASS];
	uint64_t changes[NR_CHANGES];
	uint64_t huge_changes[NR_HUGE_CHANGES];
	int readers;		/* that have not ended */
	bool ready;
} *shared;

static struct ledger *ledger;

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* Each kind has a pass at least, and as many as the time allows. */
static void read_for(enum by by, int pid, unsigned long seconds)
{
	time_t end = now() + seconds;

	do {
		run_passes(ledger, pid, shared->tallies[by]);
	} while (now() < end && !__atomic_load_n(&ledger->over, __ATOMIC_SEQ_CST));
	__atomic_sub_fetch(&shared->readers, 1, __ATOMIC_SEQ_CST);
}

static void map_marked(const struct layout *layout)
{
	size_t i;

	layout_take(layout);
	layout_map_or_die(layout, NO_PROBE);
	for (i = 0; i < layout->nr_regions; i++)
		layout_populate(layout, layout->regions + i, NO_PROBE, 0);
}

/* It changes until nobody reads any more. */
static void live(const struct layout *layout, unsigned long seconds)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	map_marked(layout);
	changers_start(ledger, shared->changes);
	if (layout_needs_thp(layout))
		huge_start(ledger, probe_open(), shared->huge_changes);
	ledger_wait(ledger);
	__atomic_store_n(&shared->ready, true, __ATOMIC_SEQ_CST);
	read_for(BY_ITSELF, 0, seconds);
	while (__atomic_load_n(&shared->readers, __ATOMIC_SEQ_CST))
		ledger_wait(ledger);
	_exit(0);
}

/* Nothing changes any more: whoever waits for that does not. */
static void child_ended(int signal)
{
	(void)signal;
	__atomic_store_n(&ledger->over, true, __ATOMIC_SEQ_CST);
}

static pid_t start(const struct layout *layout, unsigned long seconds)
{
	pid_t pid;

	signal(SIGCHLD, child_ended);
	pid = fork_or_die();
	if (!pid)
		live(layout, seconds);
	while (!__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST) &&
	       !__atomic_load_n(&ledger->over, __ATOMIC_SEQ_CST))
		sched_yield();
	return pid;
}

static void end(pid_t pid)
{
	int status = wait_for(pid, 0);

	if (status)
		die("the process that changes its VMAs ended with wait status 0x%x",
		    status);
}

static void record_tally(enum by by, const struct kind_of_pass *kind,
			 const struct tally *tally)
{
	char text[CHECK_TEXT];

	record_pass(&(struct pass_record){
		.reader = kind->reader,
		.by = by_names[by],
		.size = kind->size,
		.passes = tally->passes,
		.reads = tally->reads,
		.changed = tally->changed,
		.torn = tally->torn,
		.twice = tally->twice,
		.checked = tally->check.checked,
		.ok = check_ok(&tally->check),
		.detail = check_text(&tally->check, "", text),
	});
}

static void record_by(enum by by)
{
	size_t i;

	for (i = 0; i < NR_KINDS_OF_PASS; i++)
		if (by == BY_ITSELF || !kinds_of_pass[i].of_self)
			record_tally(by, kinds_of_pass + i,
				     shared->tallies[by] + i);
}

int stress_main(int argc, char **argv)
{
	unsigned long seconds = parse_count("SECONDS", argv[argc - 1],
					    SECONDS_MAX);
	struct marked marked;
	uint64_t pool = pool_add(1);
	size_t i;
	pid_t pid;

	records_required();
	marked_describe(&marked, thp_is_there());
	ledger = ledger_new(&marked.layout);
	shared = map_populated(sizeof(*shared));
	shared->readers = NR_BY;
	pid = start(&marked.layout, seconds);
	read_for(BY_OTHER, pid, seconds);
	end(pid);
	pool_restore(pool);
	for (i = 0; i < NR_CHANGES; i++)
		record_changes(change_name(i), shared->changes[i]);
	for (i = 0; i < NR_HUGE_CHANGES && layout_needs_thp(&marked.layout); i++)
		record_changes(huge_change_name(i), shared->huge_changes[i]);
	record_by(BY_OTHER);
	record_by(BY_ITSELF);
	records_flush();
	return 0;
}
