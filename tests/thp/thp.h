/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that transparent huge pages keep what is written to them, and give
 * nothing away, whatever is done to them; and that what smaps, pagemap and
 * others say of them is so.
 */
#ifndef THP_H
#define THP_H

#include <stdbool.h>
#include <stddef.h>

#define PAGE	4096UL
#define HUGE	(2UL << 20)
#define PAGES	(HUGE / PAGE)

/* Bits of /proc/kpageflags */
#define KPF_THP		(1UL << 22)
#define KPF_ZERO_PAGE	(1UL << 24)

void ok(bool good, const char *what);

/* Memory that may have huge pages, aligned to them, with nothing around it. */
char *map_anonymous(unsigned long huge_pages);
char *map_file(int fd, unsigned long huge_pages, int flags);
void unmap(char *at, unsigned long huge_pages);

/* Pages that differ by their number and seed. Those with seed 0 are zero. */
void fill(char *at, unsigned long first, unsigned long pages, int seed);
bool holds(const char *at, unsigned long first, unsigned long pages, int seed);
bool faults(char *at, bool write);	/* with SIGSEGV */

/* What the kernel says of the memory. */
unsigned long smaps_kib(const char *at, unsigned long bytes, const char *field);
unsigned long huge_by_scan(char *at, unsigned long bytes);	/* pages */
unsigned long pages_present(char *at, unsigned long pages);
unsigned long kpageflags(char *at);
bool is_huge(char *at);		/* by all of them */
bool is_split(char *at);	/* by smaps and the scan */

void test_faults(void);
void test_parts(void);
void test_moves(void);
void test_processes(void);
void test_collapse(void);
void test_swap(void);
void test_shared(void);

#endif
