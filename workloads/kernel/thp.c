// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/thp.h"
#include "kernel/util.h"

#define ENABLED		"/sys/kernel/mm/transparent_hugepage/enabled"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/* Pages may be on their way to a list for a moment. */
#define TRIES		10

bool thp_is_there(void)
{
	return !access(ENABLED, F_OK);
}

/* Neither a fault makes one then, nor khugepaged. */
void thp_on_demand(void)
{
	static const char never[] = "never";
	int fd = open(ENABLED, O_WRONLY | O_CLOEXEC);

	must(fd >= 0 && write(fd, never, strlen(never)) > 0, ENABLED);
	close(fd);
}

bool thp_try(int pid, uint64_t start)
{
	struct iovec range = { (void *)start, HUGE_PAGES * PAGE_SIZE };
	int fd = syscall(SYS_pidfd_open, pid ? pid : getpid(), 0);
	long done;

	must(fd >= 0, "pidfd_open");
	done = syscall(SYS_process_madvise, fd, &range, 1, MADV_COLLAPSE, 0);
	close(fd);
	return done >= 0;
}

void thp_make(int pid, uint64_t start)
{
	int tries = TRIES;

	while (!thp_try(pid, start))
		if (!--tries)
			die("MADV_COLLAPSE of 0x%" PRIx64 ": %s", start,
			    strerror(errno));
}
