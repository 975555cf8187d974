// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

#include "kernel/meminfo.h"
#include "kernel/settle.h"
#include "kernel/util.h"

#define QUIET_LOOKS	3
#define LOOK_US		4000

#define DROP_CACHES	"/proc/sys/vm/drop_caches"

enum what { ALL = 3, NOTHING_BUT_SILENCE = 4 };

/* Pages wait in lists of a CPU, too, which this drains. */
static void drop_caches(enum what what)
{
	int fd = open(DROP_CACHES, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%d", what) != 1)
		die("%s: %s", DROP_CACHES, strerror(errno));
	close(fd);
}

void settle_in_silence(void)
{
	drop_caches(NOTHING_BUT_SILENCE);
}

#define MESSAGE_SIZE	3000	/* takes a page, with what the kernel adds */

void settle_quarantine(void)
{
	static struct {
		long type;
		char text[MESSAGE_SIZE];
	} message = { .type = 1 };
	long messages = sysconf(_SC_PHYS_PAGES) / 24, i;
	int queue = msgget(IPC_PRIVATE, 0600);

	for (i = 0; i < messages; i++)
		if (msgsnd(queue, &message, MESSAGE_SIZE, 0) ||
		    msgrcv(queue, &message, MESSAGE_SIZE, 0, 0) < 0)
			die("a message to oneself: %s", strerror(errno));
	msgctl(queue, IPC_RMID, NULL);
}

/* Some memory is freed behind a process, after a grace period of RCU. */
uint64_t settled_free_pages(void)
{
	uint64_t most = 0;
	int quiet = 0;

	while (quiet++ < QUIET_LOOKS) {
		uint64_t free;

		drop_caches(ALL);
		usleep(LOOK_US);
		free = free_memory_kb() / (PAGE_SIZE / 1024);
		if (free > most) {
			most = free;
			quiet = 0;
		}
	}
	return most;
}
