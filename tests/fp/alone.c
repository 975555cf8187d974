// SPDX-License-Identifier: GPL-2.0
/* What a task does by itself: system calls and page faults. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "fp.h"

#define PAGE	4096L
#define PAGES	16L

static void test_system_calls(void)
{
	struct timespec moment = { .tv_nsec = 1000000 };
	struct fp fp = fp_pattern(1);
	int i;

	fp_load(&fp);
	for (i = 0; i < 16; i++)
		syscall_raw(SYS_getppid, 0, 0, 0, 0);
	ok(fp_is(&fp, WITH_AVX512), "kept over system calls");
	fp_load(&fp);
	syscall_raw(SYS_nanosleep, (long)&moment, 0, 0, 0);
	ok(fp_is(&fp, WITH_AVX512), "kept over a system call that sleeps");
}

static volatile char *new_pages(void)
{
	return mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void test_page_faults(void)
{
	volatile char *pages = new_pages();
	struct fp fp = fp_pattern(2);
	long i;

	fp_load(&fp);
	for (i = 0; i < PAGES; i++)
		(void)pages[i * PAGE];
	ok(fp_is(&fp, WITH_AVX512), "kept over page faults of reads");
	fp_load(&fp);
	for (i = 0; i < PAGES; i++)
		pages[i * PAGE] = 1;
	ok(fp_is(&fp, WITH_AVX512), "kept over page faults of writes");
}

/* The instruction that faults is one that uses the registers. */
static void test_faulting_instruction(void)
{
	volatile char *pages = new_pages();
	struct fp fp = fp_pattern(3);

	fp_load(&fp);
	__asm__ volatile ("movups %%xmm9, %0" : "=m" (*(char (*)[16])pages));
	ok(fp_is(&fp, WITH_AVX512) && !memcmp((char *)pages, fp.xmm[9], 16),
	   "stored by the instruction that faults");
}

void test_alone(void)
{
	test_system_calls();
	test_page_faults();
	test_faulting_instruction();
}
