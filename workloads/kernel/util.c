// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"

static void complain(const char *format, va_list args)
{
	fflush(stdout);
	fputs("walks: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	exit(1);
}

void refuse(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(format, args);
	exit(2);
}

void must(bool done, const char *what)
{
	if (!done)
		die("%s: %s", what, strerror(errno));
}

unsigned long parse_count(const char *what, const char *text,
			  unsigned long max)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || !n || n > max)
		refuse("%s %s: not a number from 1 to %lu", what, text, max);
	return n;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		die("no memory for %zu bytes: give the guest more", n * size);
	return p;
}

void *xrealloc(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n, size);

	if (!p)
		die("no memory for %zu bytes: give the guest more", n * size);
	return p;
}

void *map_populated(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("no memory for a buffer of %zu bytes: %s", size,
		    strerror(errno));
	return p;
}

void unmap_populated(void *p, size_t size)
{
	munmap(p, size);
}

int try_proc(int pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

int open_proc(int pid, const char *name)
{
	int fd = try_proc(pid, name, O_RDONLY);

	if (fd < 0)
		die("/proc/%d/%s: %s: is /proc mounted, and CONFIG_PROC_PAGE_MONITOR on?",
		    pid, name, strerror(errno));
	return fd;
}
