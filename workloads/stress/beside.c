// SPDX-License-Identifier: GPL-2.0
#include <sys/wait.h>
#include <unistd.h>

#include "out/records.h"
#include "stress/beside.h"
#include "stress/glances.h"
#include "stress/others.h"

/* Between two looks, so that most of the time is the stressor's. */
#define PAUSE_US	5000

static void take_still(int pid)
{
	if (others_stop())
		glance_take(GLANCE_STILL, pid);
	others_go_on();
}

/*
 * The kinds take turns, and so do the processes: the turn of a process moves on
 * when all kinds have had theirs.
 */
static void look(const struct pids *pids, unsigned long turn)
{
	size_t kind = turn % NR_KINDS_OF_GLANCE;
	int pid = pids->pids[turn / NR_KINDS_OF_GLANCE % pids->nr];

	if (kind == GLANCE_STILL)
		take_still(pid);
	else
		glance_take(kind, pid);
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

int beside_main(int argc, char **argv)
{
	int status;

	(void)argc;
	records_required();
	others_begin();
	status = attend(others_start(argv + 2, NULL));
	others_end();
	glances_record(argv[1], status);
	return 0;
}
