// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/util.h"
#include "out/records.h"
#include "stress/beside.h"
#include "stress/glance.h"
#include "stress/others.h"

#define NR_KINDS_OF_GLANCE	7

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
	{ "all, while it stands still", compare_still },
};

/* Between two looks, so that most of the time is the stressor's. */
#define PAUSE_US	5000

static struct glances all_glances[NR_KINDS_OF_GLANCE];

static pid_t start(char **command)
{
	pid_t pid = fork_or_die();

	if (pid)
		return pid;
	dup2(STDOUT_FILENO, STDERR_FILENO);
	execvp(command[0], command);
	fprintf(stderr, "walks: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

static void take_still(const struct kind_of_glance *kind, int pid,
		       const struct pids *pids, struct glances *glances)
{
	if (others_stop(pids))
		kind->take(pid, glances);
	others_go_on(pids);
}

/*
 * The kinds take turns, and so do the processes: the turn of a process moves on
 * when all kinds have had theirs.
 */
static void look(const struct pids *pids, unsigned long turn)
{
	size_t i = turn % NR_KINDS_OF_GLANCE;
	int pid = pids->pids[turn / NR_KINDS_OF_GLANCE % pids->nr];
	const struct kind_of_glance *kind = kinds_of_glance + i;

	if (kind->take == compare_still)
		take_still(kind, pid, pids, all_glances + i);
	else
		kind->take(pid, all_glances + i);
}

static int attend(pid_t command)
{
	unsigned long turn;
	int status;

	for (turn = 0; waitpid(command, &status, WNOHANG) != command; turn++) {
		struct pids pids = others();

		if (pids.nr)
			look(&pids, turn);
		pids_free(&pids);
		usleep(PAUSE_US);
	}
	return status;
}

static void record_all(const char *stressor)
{
	char text[CHECK_TEXT];
	size_t i;

	for (i = 0; i < NR_KINDS_OF_GLANCE; i++) {
		const struct check *check = &all_glances[i].check;

		record_beside(stressor, kinds_of_glance[i].reader,
			      all_glances[i].reads, check_ok(check),
			      check->checked, check_text(check, "", text));
	}
}

int beside_main(int argc, char **argv)
{
	int status;

	(void)argc;
	records_required();
	others_begin();
	status = attend(start(argv + 2));
	others_end();
	record_ended(argv[1], WIFEXITED(status) ? WEXITSTATUS(status) :
		     128 + WTERMSIG(status));
	record_all(argv[1]);
	records_flush();
	return 0;
}
