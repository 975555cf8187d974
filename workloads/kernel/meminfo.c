// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/meminfo.h"
#include "kernel/util.h"

#define TEXT_SIZE	(UINT64_C(1) << 16)	/* more than any file that is read */

/* Read a whole file of /proc as a string. The next call overwrites it. */
static const char *read_file(const char *path)
{
	static char *text;
	size_t len = 0;
	ssize_t got;
	int fd;

	if (!text)
		text = map_populated(TEXT_SIZE);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	while ((got = read(fd, text + len, TEXT_SIZE - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	close(fd);
	return text;
}

/* Return the sum of the numbers behind each @name. */
static uint64_t sum_of(const char *text, const char *name)
{
	uint64_t sum = 0;

	while ((text = strstr(text, name))) {
		text += strlen(name);
		sum += strtoull(text + strspn(text, ": "), NULL, 10);
	}
	return sum;
}

void meminfo_read(const char * const *names, uint64_t *values, size_t nr)
{
	const char *text = read_file("/proc/meminfo");
	size_t i;

	for (i = 0; i < nr; i++)
		values[i] = sum_of(text, names[i]);
}

/* Pages in the lists of a CPU are free, too, but MemFree does not count them. */
uint64_t free_memory_kb(void)
{
	uint64_t kb = sum_of(read_file("/proc/meminfo"), "MemFree");

	return kb + sum_of(read_file("/proc/zoneinfo"), " count:") *
		    (PAGE_SIZE / 1024);
}
