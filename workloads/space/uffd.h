/* SPDX-License-Identifier: GPL-2.0 */
/* Markers in page tables, made by userfaultfd: entries that have no page. */
#ifndef UFFD_H
#define UFFD_H

#include <stdbool.h>
#include <stdint.h>

/* Features that headers of a host may not have yet. */
#define UFFD_WP_SHMEM		(UINT64_C(1) << 12)	/* and hugetlb */
#define UFFD_WP_UNPOPULATED	(UINT64_C(1) << 13)

/* Each of these dies if it fails. The markers are of this process. */
int uffd_open(uint64_t features);
/* Register memory, to be protected from writes, too, or not. */
void uffd_register(int fd, uint64_t start, uint64_t size, bool protect);
/* Have an access of an absent page fail. It stays so when @fd is closed. */
void uffd_poison(int fd, uint64_t start, uint64_t size);
/* Protect pages from writes, also absent ones, until @fd is closed. */
void uffd_protect(int fd, uint64_t start, uint64_t size);

#endif
