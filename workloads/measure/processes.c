// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/util.h"
#include "measure/processes.h"

#define PAGES	1000

static char *pages;	/* none is populated */
static int there[2], back[2];

static void system_call(int i)
{
	(void)i;
	syscall(SYS_getppid);
}

static void page_fault(int i)
{
	pages[i * PAGE_SIZE] = 1;
}

static void signal_to_self(int i)
{
	(void)i;
	raise(SIGUSR1);
}

static void fork_and_wait(int i)
{
	pid_t child = fork();

	(void)i;
	if (child < 0)
		die("fork: %m");
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void switch_and_back(int i)
{
	char byte = i;

	if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
		die("pipe: %m");
}

static const struct cost {
	const char *what;
	int times;
	void (*once)(int i);
} costs[] = {
	{ "a system call that does nothing", 10000, system_call },
	{ "a page fault", PAGES, page_fault },
	{ "a signal to oneself", 1000, signal_to_self },
	{ "fork, exit and wait", 50, fork_and_wait },
	{ "to another process and back", 1000, switch_and_back },
};

static void nothing(int signal)
{
	(void)signal;
}

/* The other process sends back what it gets. */
static void echo(void)
{
	char byte;

	if (pipe(there) || pipe(back))
		die("pipe: %m");
	if (fork())
		return;
	close(there[1]);
	while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
		;
	_exit(0);
}

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e6 + ts.tv_nsec / 1e3;
}

int processes_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	signal(SIGUSR1, nothing);
	echo();
	pages = mmap(NULL, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		die("mmap: %m");
	for (size_t i = 0; i < ARRAY_SIZE(costs); i++) {
		double began = now_us();

		for (int n = 0; n < costs[i].times; n++)
			costs[i].once(n);
		printf("%-34s %9.1f us\n", costs[i].what,
		       (now_us() - began) / costs[i].times);
	}
	return 0;
}
