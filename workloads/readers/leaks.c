// SPDX-License-Identifier: GPL-2.0
/*
 * A round is a process that has a layout, some reads of it, and its end. Rounds
 * are all alike. So what is allocated once and kept is there after the first
 * few, and later rounds lose memory only if each of them does.
 */
#include "kernel/probe.h"
#include "kernel/settle.h"
#include "kernel/util.h"
#include "out/records.h"
#include "readers/leaks.h"
#include "readers/readers.h"
#include "space/kinds.h"

#define WARM_UP		2	/* rounds, in the first of which the lock is looked at */
#define ROUNDS		4	/* that are recorded */

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
	settle_in_silence();
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
