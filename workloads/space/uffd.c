// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/util.h"
#include "space/uffd.h"

/* Since Linux 6.6; the headers of a host may be older. */
struct poison {
	struct uffdio_range range;
	uint64_t mode;
	int64_t updated;
};

#define POISON	_IOWR(UFFDIO, 0x08, struct poison)

int uffd_open(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		die("userfaultfd: %s", strerror(errno));
	return fd;
}

void uffd_register(int fd, uint64_t start, uint64_t size, bool protect)
{
	struct uffdio_register range = {
		.range = { start, size },
		.mode = UFFDIO_REGISTER_MODE_MISSING |
			(protect ? UFFDIO_REGISTER_MODE_WP : 0),
	};

	if (ioctl(fd, UFFDIO_REGISTER, &range))
		die("UFFDIO_REGISTER: %s", strerror(errno));
}

void uffd_poison(int fd, uint64_t start, uint64_t size)
{
	struct poison poison = { .range = { start, size } };

	if (ioctl(fd, POISON, &poison))
		die("UFFDIO_POISON: %s: it needs Linux 6.6 with CONFIG_USERFAULTFD",
		    strerror(errno));
}

void uffd_protect(int fd, uint64_t start, uint64_t size)
{
	struct uffdio_writeprotect protect = {
		.range = { start, size },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	if (ioctl(fd, UFFDIO_WRITEPROTECT, &protect))
		die("UFFDIO_WRITEPROTECT: %s", strerror(errno));
}
