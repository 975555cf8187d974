// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/util.h"
#include "space/file.h"

#define RAMFS		"/tmp/ramfs"

/* There is no ramfs. This one goes away with its only file. */
static int open_on_ramfs(void)
{
	int fd;

	mkdir(RAMFS, 0700);
	must(!mount("ramfs", RAMFS, "ramfs", 0, NULL), "mounting ramfs");
	fd = open(RAMFS "/file", O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	must(!umount2(RAMFS, MNT_DETACH), "unmounting ramfs");
	rmdir(RAMFS);
	return fd;
}

static int open_on(enum filesystem on)
{
	switch (on) {
	case ON_TMPFS:
		return open("/dev/shm", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	case ON_RAMFS:
		return open_on_ramfs();
	default:
		return memfd_create("layout", MFD_CLOEXEC);
	}
}

int file_on(enum filesystem on, uint64_t size)
{
	int fd = open_on(on);

	if (fd >= 0 && ftruncate(fd, size)) {
		close(fd);
		return -1;
	}
	return fd;
}
