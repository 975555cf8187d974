// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "turn.h"

static long long ask_and_wait(int fd)
{
	unsigned int turn;
	ssize_t n;

	do {
		n = write(fd, "w", 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	do {
		n = read(fd, &turn, sizeof(turn));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(turn) ? turn : -EPIPE;
}

/*
 * No signal may wake this process up while another one has its turn, on the
 * same CPU: not the timer's, and no descriptor's. They are delivered when the
 * turn has come, before it is reported.
 */
long long turn_wait(int fd)
{
	sigset_t all, old;
	long long turn;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	turn = ask_and_wait(fd);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return turn;
}
