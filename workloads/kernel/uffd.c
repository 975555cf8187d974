// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/uffd.h"
#include "kernel/util.h"

/* Of Linux 6.6; the headers of a host may be older. */
struct poison {
	struct uffdio_range range;
	uint64_t mode;
	int64_t updated;
};

#define POISON	_IOWR(UFFDIO, 0x08, struct poison)

int uffd_open(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC), err;

	if (fd >= 0 && !ioctl(fd, UFFDIO_API, &api))
		return fd;
	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

int uffd_register(int fd, uint64_t mode, uint64_t start, uint64_t size)
{
	struct uffdio_register arg = {
		.range = { start, size },
		.mode = mode,
	};

	return ioctl(fd, UFFDIO_REGISTER, &arg) ? -errno : 0;
}

int uffd_protect(int fd, uint64_t start, uint64_t size, bool protect)
{
	struct uffdio_writeprotect arg = {
		.range = { start, size },
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(fd, UFFDIO_WRITEPROTECT, &arg) ? -errno : 0;
}

int uffd_poison(int fd, uint64_t start, uint64_t size)
{
	struct poison arg = { .range = { start, size } };

	return ioctl(fd, POISON, &arg) ? -errno : 0;
}

int uffd_must(const char *what, int returned)
{
	if (returned < 0)
		die("userfaultfd: %s: %s: it needs Linux 6.6 with CONFIG_USERFAULTFD",
		    what, strerror(-returned));
	return returned;
}
