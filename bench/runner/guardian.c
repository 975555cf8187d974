// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guardian.h"
#include "say.h"

enum { UML_FDS = 7 };

/* Returns a copy of @fd above the descriptors of UML; -1 stays -1. */
static int lift(int fd)
{
	int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD, UML_FDS);

	if (fd >= 0 && high < 0) {
		say("cannot give the guest its descriptors: %m");
		_exit(1);
	}
	return high;
}

/*
 * Close every descriptor above those of UML, except the program if it has one.
 * Returns the program.
 */
static int give_fds(const struct uml *uml)
{
	const int wanted[UML_FDS] = {
		uml->input_fd, uml->console_fd, uml->console_fd,
		uml->channel_fd, uml->tty_fd, uml->turn_fd, uml->disk_fd,
	};
	int program = lift(uml->program_fd);
	int high[UML_FDS];

	for (int i = 0; i < UML_FDS; i++)
		high[i] = lift(wanted[i]);
	for (int i = 0; i < UML_FDS; i++) {
		if (wanted[i] < 0)
			close(i);
		else
			dup2(high[i], i);
	}
	close_range(UML_FDS, ~0U, CLOSE_RANGE_CLOEXEC);
	return program;
}

/*
 * UML is one CPU: its kernel and its user processes take turns by ptrace(),
 * and never run at once. If they are spread over the host's CPUs, each turn
 * wakes up another CPU, and a system call of the guest may take three times as
 * long. So keep them on the CPU where the scheduler has put this process.
 */
static void stay_on_cpu(int cpu)
{
	cpu_set_t only;

	if (cpu < 0)
		cpu = sched_getcpu();
	if (cpu < 0 || cpu >= CPU_SETSIZE)
		return;
	CPU_ZERO(&only);
	CPU_SET(cpu, &only);
	sched_setaffinity(0, sizeof(only), &only);
}

/*
 * UML adds the gap between its end and its heap to the guest's physical memory.
 * Address space randomization would make that up to 1 GiB, another size at each
 * boot. A panic ends in abort(): a limit of 1 byte stops both a core file and a
 * core pipe (core(5)).
 */
static void __attribute__((noreturn)) become_uml(const struct uml *uml,
						 pid_t guardian)
{
	const struct rlimit no_core = { 1, 1 };
	sigset_t none;
	int program;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guardian)
		_exit(1);
	stay_on_cpu(uml->cpu);
	personality(ADDR_NO_RANDOMIZE);
	setrlimit(RLIMIT_CORE, &no_core);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	program = give_fds(uml);
	setsid();
	if (program < 0)
		execv(uml->argv[0], uml->argv);
	else
		fexecve(program, uml->argv, environ);
	dprintf(STDERR_FILENO, "cannot run %s: %s\n", uml->argv[0],
		strerror(errno));
	_exit(1);
}

static pid_t parent_of(const char *pid)
{
	char path[64], stat[512], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	stat[n] = '\0';
	p = strrchr(stat, ')');		/* the name may contain anything */
	return p && p[1] && p[2] && p[3] ? atoi(p + 4) : -1;
}

static void kill_children(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t self = getpid();

	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		if (parent_of(entry->d_name) == self)
			kill(atoi(entry->d_name), SIGKILL);
	}
	closedir(proc);
}

/*
 * Kill to the last descendant: when a process dies its children become ours,
 * since we are their subreaper.
 */
static void kill_all_descendants(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) >= 0) {
		if (pid)
			continue;
		kill_children();
		waitpid(-1, NULL, __WALL);
	}
}

static int wait_for_uml(pid_t uml, int options, int *status)
{
	pid_t pid;

	do {
		pid = waitpid(-1, status, options | __WALL);
	} while (pid > 0 && pid != uml);
	return pid == uml;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* The guardian would keep open what belongs to this guest and to others. */
static void close_all_but(int a, int b, int c)
{
	int kept[] = { STDERR_FILENO, a, b, c };

	qsort(kept, 4, sizeof(*kept), by_number);
	for (int i = 0; i < 3; i++)
		if (kept[i] + 1 < kept[i + 1])
			close_range(kept[i] + 1, kept[i + 1] - 1, 0);
	close_range(kept[3] + 1, ~0U, 0);
}

enum order {
	ORDER_KILL = 'k',
	ORDER_PANIC = 'p',
};

static enum order read_order(int order_fd, const struct termios *restore)
{
	char order;

	if (read(order_fd, &order, 1) > 0)
		return order;
	if (restore)
		tcsetattr(STDIN_FILENO, TCSADRAIN, restore);
	return ORDER_KILL;
}

static void __attribute__((noreturn)) guard(const struct uml *uml, int order_fd,
					    int report_fd, int child_fd)
{
	pid_t self = getpid(), pid;
	struct pollfd fds[2] = {
		{ child_fd, POLLIN, 0 },
		{ order_fd, POLLIN, 0 },
	};
	int status = 0;

	prctl(PR_SET_NAME, "umrun-guardian");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (pid < 0) {
		say("cannot fork: %m");
		_exit(1);
	}
	if (!pid)
		become_uml(uml, self);
	close_all_but(child_fd, order_fd, report_fd);
	if (write(report_fd, &pid, sizeof(pid)) < 0)
		_exit(1);
	for (;;) {
		struct signalfd_siginfo info;

		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents) {
			if (read_order(order_fd, uml->restore) == ORDER_KILL)
				break;
			/* UML takes it for a fault of its kernel. */
			kill(pid, SIGSEGV);
			continue;
		}
		if (read(child_fd, &info, sizeof(info)) > 0 &&
		    wait_for_uml(pid, WNOHANG, &status))
			goto ended;
	}
	kill(pid, SIGKILL);
	wait_for_uml(pid, 0, &status);
ended:
	kill_all_descendants();
	if (write(report_fd, &status, sizeof(status)) < 0)
		_exit(1);
	_exit(0);
}

void guardian_start(struct guardian *g, const struct uml *uml)
{
	int order[2], report[2], child_fd;
	sigset_t chld, old;

	if (pipe2(order, O_CLOEXEC) || pipe2(report, O_CLOEXEC))
		cannot_start("cannot make a pipe: %m");
	/* Blocked before UML exists, so that its end is never missed. */
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	/* The signal descriptor is the guardian's, which reads it. */
	child_fd = signalfd(-1, &chld, SFD_CLOEXEC);
	if (child_fd < 0)
		cannot_start("cannot make a signalfd: %m");
	/* If the guardian is killed, we take over what it guarded. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fflush(NULL);
	g->pid = fork();
	if (g->pid < 0)
		cannot_start("cannot fork: %m");
	if (!g->pid) {
		setsid();
		close(order[1]);
		close(report[0]);
		guard(uml, order[0], report[1], child_fd);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(child_fd);
	close(order[0]);
	close(report[1]);
	g->order_fd = order[1];
	g->report_fd = report[0];
	if (read(g->report_fd, &g->uml, sizeof(g->uml)) != sizeof(g->uml))
		g->uml = -1;
}

static void send_order(struct guardian *g, char order)
{
	if (g->order_fd >= 0 && write(g->order_fd, &order, 1) < 0)
		say("cannot tell the guardian what to do: %m");
}

void guardian_kill(struct guardian *g)
{
	send_order(g, ORDER_KILL);
}

void guardian_make_panic(struct guardian *g)
{
	send_order(g, ORDER_PANIC);
}

int guardian_finish(struct guardian *g)
{
	int status;

	if (read(g->report_fd, &status, sizeof(status)) != sizeof(status))
		status = -1;
	close(g->report_fd);
	close(g->order_fd);
	g->report_fd = g->order_fd = -1;
	waitpid(g->pid, NULL, 0);
	if (status < 0)
		kill_all_descendants();
	return status;
}
