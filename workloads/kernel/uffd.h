/* SPDX-License-Identifier: GPL-2.0 */
/* See userfaultfd(2) and ioctl_userfaultfd(2). */
#ifndef UFFD_H
#define UFFD_H

#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stdint.h>

/* Features that headers of a host may not have yet. */
#define UFFD_WP_SHMEM		(UINT64_C(1) << 12)	/* and hugetlb */
#define UFFD_WP_UNPOPULATED	(UINT64_C(1) << 13)
#define UFFD_WP_ASYNC		(UINT64_C(1) << 15)
/* The kernel itself notes writes to protected pages, for PAGEMAP_SCAN (6.7). */
#define UFFD_NOTES_WRITES	(UFFD_WP_ASYNC | UFFD_WP_UNPOPULATED)

/* Open one for the memory of this process. */
int uffd_open(uint64_t features);

/*
 * From here on @fd may be that of another process. What is protected stays so
 * until @fd is closed, and what is poisoned for good. Each function, and
 * uffd_open(), returns a negative error number if it fails.
 */
#define UFFD_MISSING	UFFDIO_REGISTER_MODE_MISSING
#define UFFD_WP		UFFDIO_REGISTER_MODE_WP
int uffd_register(int fd, uint64_t mode, uint64_t start, uint64_t size);
int uffd_protect(int fd, uint64_t start, uint64_t size, bool protect);
int uffd_poison(int fd, uint64_t start, uint64_t size);

/* Return what one of them has returned, or die if it has failed. */
int uffd_must(const char *what, int returned);

#endif
