/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UTIL_H
#define UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define PAGE_SHIFT	12
#define PAGE_SIZE	(UINT64_C(1) << PAGE_SHIFT)
#define TABLE_PAGES	UINT64_C(512)	/* pages behind one PTE table */
#define TOP_PAGES	UINT64_C(262144)	/* pages behind a top-level entry */
#define HUGE_PAGES	UINT64_C(512)	/* pages in one huge page */
#define GIGANTIC_PAGES	UINT64_C(262144)	/* pages in one of 1 GiB */

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Print one line, "walks: ...", and exit with 1. */
void die(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* Print one line likewise and exit with 2: what was asked for is impossible. */
void refuse(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

/* Die with errno if what should never fail has failed. */
void must(bool done, const char *what);

/* Read @text, given for @what, as a number from 1 to @max, or refuse it. */
unsigned long parse_count(const char *what, const char *text,
			  unsigned long max);

/* malloc()-like, zeroed; dies when there is no memory. */
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *old, size_t n, size_t size);

/*
 * Get memory that is populated before it is used, since a page fault of a
 * program costs several hundred microseconds in user-mode Linux. It is shared,
 * so that fork() neither copies nor write-protects it.
 */
void *map_populated(size_t size);
void unmap_populated(void *p, size_t size);

/* Open "/proc/PID/name" for reading, or die. */
int open_proc(int pid, const char *name);
/* Open it as open() does, which returns -1 and sets errno if it fails. */
int try_proc(int pid, const char *name, int flags);

#endif
