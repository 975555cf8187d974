// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel/leftover.h"
#include "kernel/util.h"

/* It was the buffer of a pipe, which has just been freed. */
void leave_in_kernel_memory(void)
{
	static char page[PAGE_SIZE];
	int ends[2];

	memset(page, LEFTOVER, sizeof(page));
	if (pipe2(ends, O_CLOEXEC) ||
	    write(ends[1], page, sizeof(page)) != sizeof(page))
		die("pipe: %s", strerror(errno));
	close(ends[1]);
	close(ends[0]);
}
