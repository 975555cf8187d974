// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "external/place.h"
#include "kernel/probe.h"

#define RW	(PROT_READ | PROT_WRITE)

static void *place(uint64_t offset, uint64_t size, int prot, int flags, int fd,
		   uint64_t of_file)
{
	void *at = mmap((void *)(PLACE + offset), size, prot,
			flags | MAP_FIXED_NOREPLACE, fd, of_file);

	if (at == MAP_FAILED)
		die("%" PRIu64 " bytes at 0x%" PRIx64 ": %s", size,
		    PLACE + offset, strerror(errno));
	return at;
}

void *place_anon(uint64_t offset, uint64_t size)
{
	return place(offset, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void *place_hugetlb(uint64_t offset, uint64_t size)
{
	return place(offset, size, RW,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
}

void *place_file(uint64_t offset, uint64_t size, int fd)
{
	return place(offset, size, RW, MAP_SHARED, fd, 0);
}

void *place_pfnmap(uint64_t offset, int probe)
{
	return place(offset, PAGE_SIZE, PROT_READ, MAP_SHARED, probe,
		     PAGEWALK_PROBE_MAP_LINEAR * PAGE_SIZE);
}

void place_clear(void)
{
	munmap((void *)PLACE, PLACE_SIZE);
}

int place_new_file(unsigned int flags, uint64_t size)
{
	int fd = memfd_create("testfile", MFD_CLOEXEC | flags);

	if (fd < 0 || ftruncate(fd, size))
		die("memfd: %s", strerror(errno));
	return fd;
}
