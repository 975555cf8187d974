// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"

#define ENTRY	sizeof(uint64_t)

uint64_t pagemap_offset(uint64_t address)
{
	return address / PAGE_SIZE * ENTRY;
}

int64_t pagemap_read(int fd, uint64_t start, uint64_t *entries, uint64_t pages)
{
	ssize_t got = pread(fd, entries, pages * ENTRY, pagemap_offset(start));

	return got < 0 ? -errno : got / (ssize_t)ENTRY;
}

/*
 * Each piece of a preadv() is a read of its own for pagemap, so a thousand
 * reads cost a single system call. A read that gives nothing ends the call.
 */
#define PIECES	1024

int pagemap_read_singly(int fd, uint64_t start, uint64_t *entries,
			uint64_t pages)
{
	struct iovec pieces[PIECES];
	uint64_t done = 0, n, i;
	ssize_t got;

	while (done < pages) {
		n = pages - done < PIECES ? pages - done : PIECES;
		for (i = 0; i < n; i++)
			pieces[i] = (struct iovec){ entries + done + i, ENTRY };
		got = preadv(fd, pieces, n,
			     pagemap_offset(start + done * PAGE_SIZE));
		if (got < 0)
			return -errno;
		done += got / ENTRY;
		if (got < (ssize_t)(n * ENTRY))
			done++;
	}
	return 0;
}
