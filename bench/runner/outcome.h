/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a boot ended; docs/formats.md explains the names. */
enum outcome {
	OUTCOME_EXIT, OUTCOME_NO_JOB, OUTCOME_PANIC, OUTCOME_DIED,
	OUTCOME_TIMEOUT, OUTCOME_BAD_RECORD, OUTCOME_BAD_FRAME,
	OUTCOME_INTERRUPTED,
};

const char *outcome_name(enum outcome outcome);

struct boot_result {
	enum outcome outcome;
	int status;		/* exit status for umrun */
	bool came_up;		/* the guest asked for its job */
	int64_t wall_ns;
	size_t console_dropped;	/* bytes that the log does not have */
};

#endif
