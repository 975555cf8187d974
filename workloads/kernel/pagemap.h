/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/PID/pagemap, see Documentation/admin-guide/mm/pagemap.rst. */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <stddef.h>
#include <stdint.h>

#define PM_PFN		((UINT64_C(1) << 55) - 1)
#define PM_SOFT_DIRTY	(UINT64_C(1) << 55)
#define PM_EXCLUSIVE	(UINT64_C(1) << 56)
#define PM_UFFD_WP	(UINT64_C(1) << 57)
#define PM_FILE		(UINT64_C(1) << 61)
#define PM_SWAP		(UINT64_C(1) << 62)
#define PM_PRESENT	(UINT64_C(1) << 63)

/* Bits of /proc/kpageflags. */
#define KPF_ANON	(UINT64_C(1) << 12)
#define KPF_SWAPBACKED	(UINT64_C(1) << 14)
#define KPF_ZERO_PAGE	(UINT64_C(1) << 24)
#define KPF_MLOCKED	(UINT64_C(1) << 33)

/* No kernel writes this, so it marks an entry that a read has left alone. */
#define PM_UNTOUCHED	UINT64_C(0x5a5a5a5a5a5a5a5a)

/* Return where the entry of @address is in the file. */
uint64_t pagemap_offset(uint64_t address);

/*
 * Read the entries of @pages pages from address @start on with one pread().
 * Return how many entries the kernel says it gave, or a negative error number.
 */
int64_t pagemap_read(int fd, uint64_t start, uint64_t *entries, uint64_t pages);

/*
 * Read the same entries with a read of one page for each. An entry whose read
 * gives nothing stays as it is. Return 0 or a negative error number.
 */
int pagemap_read_singly(int fd, uint64_t start, uint64_t *entries,
			uint64_t pages);

#endif
