/* SPDX-License-Identifier: GPL-2.0 */
/* See userfaultfd(2) and ioctl_userfaultfd(2). */
#ifndef UFFD_H
#define UFFD_H

#include <linux/userfaultfd.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Open one for the memory of this process. If it is @async, the kernel itself
 * notes writes to protected pages, as PAGEMAP_SCAN needs it (Linux 6.7). Return
 * -1 if there is no such thing.
 */
int uffd_open(bool async);

/*
 * From here on @fd may be that of another process. Each returns 0 or a negative
 * error number.
 */
#define UFFD_MISSING	UFFDIO_REGISTER_MODE_MISSING
#define UFFD_WP		UFFDIO_REGISTER_MODE_WP
int uffd_register(int fd, uint64_t mode, uint64_t start, uint64_t size);
int uffd_protect(int fd, uint64_t start, uint64_t size, bool protect);
int uffd_poison(int fd, uint64_t start, uint64_t size);

#endif
