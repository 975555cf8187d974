// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/clear_refs.h"
#include "kernel/util.h"

int write_clear_refs(int pid, const char *what)
{
	char path[64];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	done = write(fd, what, strlen(what));
	if (done < 0)
		done = -errno;
	close(fd);
	return done;
}
