// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/util.h"
#include "space/resident.h"

static void sleep_for_life(const struct resident *self)
{
	char end = 0;

	if (write(self->ready, &end, 1) == 1)
		while (read(self->lifeline_end, &end, 1) < 0 && errno == EINTR)
			;
	_exit(0);
}

static void wait_ready(int ready)
{
	char byte;

	if (read(ready, &byte, 1) != 1)
		die("a process that makes memory to look at died");
}

static void pipe_or_die(int *ends)
{
	if (pipe2(ends, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
}

void resident_start(struct resident *resident,
		    void (*settle)(struct resident *self, void *arg), void *arg)
{
	int lifeline[2], ready[2];

	pipe_or_die(lifeline);
	pipe_or_die(ready);
	*resident = (struct resident){
		.lifeline = lifeline[1],
		.lifeline_end = lifeline[0],
		.ready = ready[1],
	};
	resident->pid = fork_or_die();
	if (!resident->pid) {
		close(lifeline[1]);
		settle(resident, arg);
		sleep_for_life(resident);
	}
	close(lifeline[0]);
	close(ready[1]);
	wait_ready(ready[0]);
	resident->ready = ready[0];
}

void resident_stop(struct resident *resident)
{
	char end;

	kill(resident->pid, SIGKILL);
	wait_for(resident->pid, 0);
	close(resident->lifeline);
	/* A second process keeps this open until its memory is gone, too. */
	while (read(resident->ready, &end, 1) < 0 && errno == EINTR)
		;
	close(resident->ready);
}

void resident_fork(struct resident *self, void (*also)(void *arg), void *arg)
{
	struct resident second = *self;
	int ready[2];

	pipe_or_die(ready);
	second.ready = ready[1];
	if (!fork_or_die()) {
		also(arg);
		sleep_for_life(&second);
	}
	close(ready[1]);
	wait_ready(ready[0]);
	close(ready[0]);
}
