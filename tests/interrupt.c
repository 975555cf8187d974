// SPDX-License-Identifier: GPL-2.0
/*
 * For tests, loaded before libc: a process is killed, or finds the disk full, at the Nth
 * call that changes a file. A program calls interrupt() to say at which one.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

static long calls, kill_at, full_from;

long interrupt(long kill, long full)
{
	long before = calls;

	calls = 0;
	kill_at = kill;
	full_from = full;
	return before;
}

static int is_full(void)
{
	calls++;
	if (calls == kill_at)
		raise(SIGKILL);
	errno = ENOSPC;
	return full_from && calls >= full_from;
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");

	return is_full() ? -1 : real(fd, from, size, at);
}

ssize_t write(int fd, const void *from, size_t size)
{
	ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");

	return is_full() ? -1 : real(fd, from, size);
}

int fdatasync(int fd)
{
	int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");

	return is_full() ? -1 : real(fd);
}

int unlink(const char *name)
{
	int (*real)(const char *) = dlsym(RTLD_NEXT, "unlink");

	is_full();
	return real(name);
}

int rename(const char *from, const char *to)
{
	int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "rename");

	is_full();
	return real(from, to);
}
