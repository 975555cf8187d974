// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "copy.h"
#include "host.h"
#include "say.h"

/* Copies from @data to @end; the target's position is at @data, too. */
static int copy_range(int from, int to, off_t data, off_t end)
{
	ssize_t n;

	do {
		n = sendfile(to, from, &data, end - data);
	} while (n > 0 && data < end);
	return n < 0 ? -1 : 0;
}

/* Copies all but holes. Returns -1 and sets errno if that fails. */
static int copy_data(int from, int to)
{
	off_t size = lseek(from, 0, SEEK_END), hole = 0, data;

	if (size < 0 || ftruncate(to, size))
		return -1;
	while ((data = lseek(from, hole, SEEK_DATA)) >= 0) {
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || lseek(to, data, SEEK_SET) < 0 ||
		    copy_range(from, to, data, hole))
			return -1;
	}
	return errno == ENXIO ? 0 : -1;		/* no data behind the last hole */
}

static int copy_to(int copy, const char *path)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);

	if (from < 0 || copy_data(from, copy))
		cannot_start("cannot copy %s: %m", path);
	close(from);
	return copy;
}

int copy_program(const char *path)
{
	return copy_to(host_executable_memory(basename(path)), path);
}

int copy_disk(const char *path)
{
	int copy = memfd_create("disk", MFD_CLOEXEC);

	if (copy < 0)
		cannot_start("cannot make a file in memory: %m");
	return copy_to(copy, path);
}
