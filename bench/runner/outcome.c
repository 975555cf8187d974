// SPDX-License-Identifier: GPL-2.0
#include "outcome.h"

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[] = {
		[OUTCOME_EXIT] = "exit",
		[OUTCOME_NO_JOB] = "no-job",
		[OUTCOME_PANIC] = "panic",
		[OUTCOME_DIED] = "died",
		[OUTCOME_TIMEOUT] = "timeout",
		[OUTCOME_BAD_RECORD] = "bad-record",
		[OUTCOME_BAD_FRAME] = "bad-frame",
		[OUTCOME_INTERRUPTED] = "interrupted",
	};

	return names[outcome];
}
