// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/child.h"
#include "kernel/util.h"
#include "stress/others.h"

#define STOP_LOOKS	200	/* at one that does not stop */

static struct pids before;

static void add(struct pids *pids, int pid)
{
	if (pids->nr == pids->room) {
		pids->room = 2 * pids->room + 64;
		pids->pids = xrealloc(pids->pids, pids->room,
				      sizeof(*pids->pids));
	}
	pids->pids[pids->nr++] = pid;
}

static bool has(const struct pids *pids, int pid)
{
	size_t i;

	for (i = 0; i < pids->nr; i++)
		if (pids->pids[i] == pid)
			return true;
	return false;
}

static struct pids all_but(const struct pids *left_out)
{
	struct pids found = { 0 };
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (!proc)
		die("/proc: %s", strerror(errno));
	while ((entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (pid > 0 && !has(left_out, pid))
			add(&found, pid);
	}
	closedir(proc);
	return found;
}

void others_begin(void)
{
	static const struct pids none;

	pids_free(&before);
	before = all_but(&none);
}

int others_start(char **command, void (*first)(void))
{
	int pid = fork_or_die();

	if (pid)
		return pid;
	if (first)
		first();
	dup2(STDOUT_FILENO, STDERR_FILENO);
	execvp(command[0], command);
	fprintf(stderr, "walks: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

struct pids others(void)
{
	return all_but(&before);
}

bool has_program(int pid)
{
	char path[32], program[1];

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	return readlink(path, program, sizeof(program)) > 0;
}

void pids_free(struct pids *pids)
{
	free(pids->pids);
	*pids = (struct pids){ 0 };
}

static void send_all(const struct pids *pids, int signal)
{
	size_t i;

	for (i = 0; i < pids->nr; i++)
		kill(pids->pids[i], signal);
}

/* Return 'T' of a thread that is stopped, as proc(5) has it, or 'X' if it is gone. */
static char state_of(int pid, int thread)
{
	char path[64], text[256] = "", state = 'X', *end;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return state;
	if (read(fd, text, sizeof(text) - 1) > 0) {
		end = strrchr(text, ')');
		if (end)
			state = end[2];
	}
	close(fd);
	return state;
}

/* The first thread stops before those that are at work in the kernel. */
static bool threads_are_still(int pid)
{
	char path[32];
	struct dirent *entry;
	bool still = true;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = opendir(path);
	if (!threads)
		return true;
	while (still && (entry = readdir(threads)))
		if (*entry->d_name != '.')
			still = strchr("TZX", state_of(pid, atoi(entry->d_name)));
	closedir(threads);
	return still;
}

static bool is_still(int pid)
{
	int looks;

	for (looks = 0; looks < STOP_LOOKS; looks++) {
		if (threads_are_still(pid))
			return true;
		sched_yield();
	}
	return false;
}

/* Return how many stand still, or 0 if one does not. */
static size_t stop_listed(void)
{
	struct pids pids = others();
	size_t i, nr = pids.nr;

	send_all(&pids, SIGSTOP);
	for (i = 0; i < pids.nr; i++)
		if (!is_still(pids.pids[i]))
			nr = 0;
	pids_free(&pids);
	return nr;
}

bool others_stop(void)
{
	size_t before = 0, now;

	while ((now = stop_listed()) > before)
		before = now;
	return now;
}

void others_go_on(void)
{
	struct pids pids = others();

	send_all(&pids, SIGCONT);
	pids_free(&pids);
}

void others_end(void)
{
	struct pids left = others();

	while (left.nr) {
		send_all(&left, SIGKILL);
		sched_yield();
		pids_free(&left);
		left = others();
	}
	pids_free(&left);
}
