// SPDX-License-Identifier: GPL-2.0
/*
 * A round is a process that has a layout, some reads of it, and its end. Rounds
 * are all alike. So what is allocated once and kept is there after the first
 * few, and later rounds lose memory only if each of them does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/meminfo.h"
#include "kernel/probe.h"
#include "kernel/util.h"
#include "out/records.h"
#include "readers/leaks.h"
#include "readers/readers.h"
#include "space/kinds.h"

#define WARM_UP		2	/* rounds, in the first of which the lock is looked at */
#define ROUNDS		4	/* that are recorded */

#define QUIET_LOOKS	3
#define LOOK_US		4000

#define DROP_CACHES	"/proc/sys/vm/drop_caches"

enum what { ALL = 3, NOTHING_BUT_SILENCE = 4 };

/* Pages wait in lists of a CPU, too, which this drains. */
static void drop_caches(enum what what)
{
	int fd = open(DROP_CACHES, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%d", what) != 1)
		die("%s: %s", DROP_CACHES, strerror(errno));
	close(fd);
}

/* Some memory is freed behind a process, after a grace period of RCU. */
static uint64_t settled_free_pages(void)
{
	uint64_t most = 0;
	int quiet = 0;

	while (quiet++ < QUIET_LOOKS) {
		uint64_t free;

		drop_caches(ALL);
		usleep(LOOK_US);
		free = free_memory_kb() / (PAGE_SIZE / 1024);
		if (free > most) {
			most = free;
			quiet = 0;
		}
	}
	return most;
}

/* Return whether the lock is held after a read. */
static bool read_and_look(const struct reader *reader, struct reading *reading)
{
	struct subject subject;

	subject_start_alone(&subject, reading->layout, reading->probe);
	reading->pid = subject.pid;
	reader->read(reading);
	if (subject_is_locked(&subject)) {
		subject_leave(&subject);
		return true;
	}
	subject_stop(&subject);
	return false;
}

static void read_round(const struct reader *reader, struct reading *reading)
{
	struct subject subject;
	int i;

	subject_start_alone(&subject, reading->layout, reading->probe);
	reading->pid = subject.pid;
	for (i = 0; i < reader->times; i++)
		reader->read(reading);
	subject_stop(&subject);
}

static void read_rounds(const struct reader *reader, struct reading *reading)
{
	unsigned int round;

	if (read_and_look(reader, reading)) {
		record_round(reader->name, 0, settled_free_pages(), true);
		return;
	}
	for (round = 1; round < WARM_UP + ROUNDS && !reading->is_skipped;
	     round++) {
		read_round(reader, reading);
		if (round >= WARM_UP)
			record_round(reader->name, round, settled_free_pages(),
				     false);
	}
}

int leaks_main(int argc, char **argv)
{
	struct kinds kinds;
	size_t i;

	(void)argc;
	(void)argv;
	records_required();
	drop_caches(NOTHING_BUT_SILENCE);
	kinds_describe(&kinds);
	for (i = 0; i < nr_readers; i++) {
		struct reading reading = {
			.reader = readers[i].name,
			.layout = &kinds.layout,
			.probe = NO_PROBE,
			.is_silent = true,
		};

		read_rounds(readers + i, &reading);
		text_free(&reading.said);
		records_flush();
	}
	kinds_free(&kinds);
	return 0;
}
