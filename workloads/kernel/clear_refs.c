// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clear_refs.h"
#include "kernel/util.h"

int write_clear_refs(int pid, const char *what)
{
	int fd = try_proc(pid, "clear_refs", O_WRONLY);
	ssize_t done;

	if (fd < 0)
		die("/proc/%d/clear_refs: %s", pid, strerror(errno));
	done = write(fd, what, strlen(what));
	if (done < 0)
		done = -errno;
	close(fd);
	return done;
}
