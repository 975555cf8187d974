// SPDX-License-Identifier: GPL-2.0
#include <sys/wait.h>

#include "out/records.h"
#include "stress/glance.h"
#include "stress/glances.h"

static const struct kind_of_glance {
	const char *reader;
	void (*take)(int pid, struct glances *glances);
} kinds_of_glance[NR_KINDS_OF_GLANCE] = {
	{ "maps", glance_maps },
	{ "smaps", glance_smaps },
	{ "smaps_rollup", glance_rollup },
	{ "pagemap", glance_pagemap },
	{ "PAGEMAP_SCAN", glance_scan },
	{ "clear_refs", glance_clear_refs },
	[GLANCE_STILL] = { "all, while it stands still", compare_still },
};

static struct glances all_glances[NR_KINDS_OF_GLANCE];

void glance_take(size_t kind, int pid)
{
	kinds_of_glance[kind].take(pid, all_glances + kind);
}

void glances_record(const char *name, int status)
{
	char text[CHECK_TEXT];
	size_t i;

	record_ended(name, WIFEXITED(status) ? WEXITSTATUS(status) :
		     128 + WTERMSIG(status));
	for (i = 0; i < NR_KINDS_OF_GLANCE; i++) {
		const struct check *check = &all_glances[i].check;

		record_beside(name, kinds_of_glance[i].reader,
			      all_glances[i].reads, check_ok(check),
			      check->checked, check_text(check, "", text));
	}
	records_flush();
}
