// SPDX-License-Identifier: GPL-2.0
/* Huge pages that processes share until one of them writes. */
#include <err.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "thp.h"

enum { THE_CHILD, THE_PARENT };

static char *at;

/* fork(), and have the child say whether all is well; returns whether it did. */
static bool in_child(bool (*check)(void))
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (!pid)
		_exit(!check());
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

static bool child_reads(void)
{
	return is_huge(at) && holds(at, 0, PAGES, 1);
}

static bool child_writes(void)
{
	fill(at, 5, 1, 2);
	return holds(at, 5, 1, 2) && holds(at, 0, 5, 1) &&
	       holds(at, 6, PAGES - 6, 1);
}

static bool child_discards(void)
{
	madvise(at + 5 * PAGE, PAGE, MADV_DONTNEED);
	return holds(at, 5, 1, 0) && holds(at, 6, PAGES - 6, 1);
}

/* The child looks after the parent has written */
static bool parent_writes(void)
{
	int ends[2], status;
	char byte;
	pid_t pid;

	if (pipe(ends))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid)
		_exit(read(ends[0], &byte, 1) != 1 || !holds(at, 0, PAGES, 1));
	fill(at, 9, 3, 3);
	if (write(ends[1], "", 1) != 1)
		err(1, "write");
	close(ends[0]);
	close(ends[1]);
	return waitpid(pid, &status, 0) == pid && !status &&
	       holds(at, 9, 3, 3) && holds(at, 0, 9, 1) &&
	       holds(at, 12, PAGES - 12, 1);
}

void test_processes(void)
{
	at = map_anonymous(1);
	fill(at, 0, PAGES, 1);
	ok(in_child(child_reads), "a child has the huge page of its parent");
	ok(is_huge(at) && holds(at, 0, PAGES, 1), "and so has the parent");
	ok(in_child(child_writes), "a child writes to a copy");
	ok(holds(at, 0, PAGES, 1), "the parent does not see it");
	ok(in_child(child_discards), "a child discards a page of it");
	ok(holds(at, 0, PAGES, 1), "the parent does not see it");
	fill(at, 0, PAGES, 1);
	ok(parent_writes(), "a child does not see what the parent writes");
	unmap(at, 1);
}
