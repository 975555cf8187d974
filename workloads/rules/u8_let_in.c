// SPDX-License-Identifier: GPL-2.0
/*
 * A read of smaps_rollup lets those in that wait to change the process, and
 * that of pagemap does so from page table to page table. What stays has to be
 * told once, whatever comes in between.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u8.h"
#include "rules/u8_intruder.h"
#include "space/subject.h"

#define KB		(PAGE_SIZE / 1024)

void read_rollup(int fd, char text[ROLLUP_MAX])
{
	ssize_t got = pread(fd, text, ROLLUP_MAX - 1, 0);

	must(got >= 0, "smaps_rollup");
	text[got] = '\0';
}

/* A process that stands still: nothing differs, whoever waits for the lock. */
#define VMAS		32
#define VMA_PAGES	UINT64_C(96)

struct still {
	struct subject subject;
	struct layout layout;
	int rollup, clear_refs;
	char quiet[ROLLUP_MAX], text[ROLLUP_MAX];
};

static void nothing(void *arg)
{
	(void)arg;
}

/* This takes the lock for writing, and clears no page. */
static void take_lock(void *arg)
{
	struct still *still = arg;

	must(write(still->clear_refs, "5", 1) == 1, "clear_refs");
}

static void read_still(void *arg)
{
	struct still *still = arg;

	read_rollup(still->rollup, still->text);
}

static void compare_still(struct check *check, void *arg)
{
	struct still *still = arg;
	int64_t rss = smaps_rollup_field(still->text, "Rss");

	check->checked++;
	if (strcmp(still->text, still->quiet))
		check_fail(check, "smaps_rollup of a process that stands still, while another waits for its lock: Rss is %" PRId64 " kB, expected %" PRId64 " kB and all else as it was",
			   rss, smaps_rollup_field(still->quiet, "Rss"));
}

void check_still(struct rule_run *run)
{
	struct check *check = rule_case(run, "rollup of a process that stands still");
	static struct still still;
	uint64_t pages = VMAS * VMA_PAGES + 1;	/* with its page of code */
	size_t i;

	still.layout = (struct layout){ .name = "still", .base = RULE_BASE };
	for (i = 0; i < VMAS; i++)
		region_populate(layout_vma_at(&still.layout, i * 2 * VMA_PAGES,
					      &mem_anon, VMA_PAGES),
				0, VMA_PAGES, 1);
	subject_start_alone(&still.subject, &still.layout, run->probe);
	still.rollup = open_proc(still.subject.pid, "smaps_rollup");
	still.clear_refs = try_proc(still.subject.pid, "clear_refs", O_WRONLY);
	must(still.clear_refs >= 0, "clear_refs");
	read_rollup(still.rollup, still.quiet);
	if (smaps_rollup_field(still.quiet, "Rss") != (int64_t)(pages * KB))
		check_fail(check, "smaps_rollup: Rss is %" PRId64 " kB, expected %" PRIu64 " kB",
			   smaps_rollup_field(still.quiet, "Rss"), pages * KB);
	play(&(struct scene){ check, nothing, take_lock, read_still,
			      compare_still, &still });
	close(still.rollup);
	close(still.clear_refs);
	subject_stop(&still.subject);
	layout_free(&still.layout);
}
