// SPDX-License-Identifier: GPL-2.0
/*
 * A program of which nobody knows how long it runs, maybe only for a moment. So
 * it is traced: it stops where a system call begins and ends, and then all kinds
 * of glances are taken of it. While it runs on, or waits for its offspring, they
 * take turns, as do the processes.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "kernel/child.h"
#include "kernel/util.h"
#include "out/records.h"
#include "stress/beside.h"
#include "stress/glances.h"
#include "stress/others.h"

/* Of a program that makes far more system calls, the others pass unseen. */
#define MOST_STOPS	400
#define PAUSE_NS	5000000
#define OPTIONS		(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)
#define OF_SYSCALL	0x80	/* in the signal of a stop, by PTRACE_O_TRACESYSGOOD */

static void mask_sigchld(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(how, &set, NULL);
}

static void be_traced(void)
{
	mask_sigchld(SIG_UNBLOCK);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
}

/* Another thread, or a process that it has made, may change its memory. */
static bool is_alone(int pid)
{
	struct pids pids = others();
	size_t programs = 0, i;
	struct stat threads;
	char path[32];

	for (i = 0; i < pids.nr; i++)
		programs += has_program(pids.pids[i]);
	pids_free(&pids);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	return programs == 1 && !stat(path, &threads) && threads.st_nlink == 3;
}

static void look_at_stopped(int pid)
{
	size_t kind;

	for (kind = 0; kind < NR_KINDS_OF_GLANCE; kind++)
		if (kind != GLANCE_STILL || is_alone(pid))
			glance_take(kind, pid);
}

/* All kinds but the last take turns. */
static void look_at_one(unsigned long turn)
{
	size_t kind = turn % GLANCE_STILL;
	struct pids pids = others();
	int pid;

	if (pids.nr) {
		pid = pids.pids[turn / GLANCE_STILL % pids.nr];
		if (has_program(pid))
			glance_take(kind, pid);
	}
	pids_free(&pids);
}

/* A trap is of the tracing, other signals are the program's. */
static void go_on(int pid, int status, unsigned int stops)
{
	int signal = WSTOPSIG(status) & ~OF_SYSCALL;

	ptrace(PTRACE_SETOPTIONS, pid, 0, OPTIONS);
	ptrace(stops < MOST_STOPS ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0,
	       signal == SIGTRAP ? 0 : signal);
}

/* Return whether it has stopped or ended, at once or after a pause. */
static bool has_stopped(int pid, int *status)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigtimedwait(&set, NULL, &pause);
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Return the wait status at its end. */
static int attend(int pid)
{
	int status = wait_for(pid, 0);	/* for the first stop: it has begun */
	unsigned long turn = 0;
	unsigned int stops;

	for (stops = 0; WIFSTOPPED(status); stops++) {
		look_at_stopped(pid);
		go_on(pid, status, stops);
		while (!has_stopped(pid, &status))
			look_at_one(turn++);
	}
	return status;
}

int target_main(int argc, char **argv)
{
	int status;

	(void)argc;
	records_required();
	others_begin();
	mask_sigchld(SIG_BLOCK);
	status = attend(others_start(argv + 2, be_traced));
	others_end();
	glances_record(argv[1], status);
	return 0;
}
