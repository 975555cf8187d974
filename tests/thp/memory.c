// SPDX-License-Identifier: GPL-2.0
/* Maps memory, and knows what is in it. */
#include <err.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "thp.h"

/* Aligned, with a huge page to either side of it that is not mapped. */
static char *reserve(unsigned long bytes)
{
	char *start = mmap(NULL, bytes + 3 * HUGE, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *at;

	if (start == MAP_FAILED)
		err(1, "mmap");
	at = (char *)(((uintptr_t)start + 2 * HUGE - 1) & ~(HUGE - 1));
	munmap(start, bytes + 3 * HUGE);
	return at;
}

char *map_file(int fd, unsigned long huge_pages, int flags)
{
	char *at = reserve(huge_pages * HUGE);

	if (mmap(at, huge_pages * HUGE, PROT_READ | PROT_WRITE,
		 flags | MAP_FIXED, fd, 0) == MAP_FAILED)
		err(1, "mmap");
	if (madvise(at, huge_pages * HUGE, MADV_HUGEPAGE))
		err(1, "MADV_HUGEPAGE");
	return at;
}

char *map_anonymous(unsigned long huge_pages)
{
	return map_file(-1, huge_pages, MAP_PRIVATE | MAP_ANONYMOUS);
}

void unmap(char *at, unsigned long huge_pages)
{
	munmap(at, huge_pages * HUGE);
}

static uint64_t word(unsigned long page, int seed)
{
	return seed ? (page + 1) * 0x9e3779b97f4a7c15ULL * seed : 0;
}

void fill(char *at, unsigned long first, unsigned long pages, int seed)
{
	for (unsigned long page = first; page < first + pages; page++) {
		volatile uint64_t *words = (uint64_t *)(at + page * PAGE);

		words[0] = word(page, seed);
		words[PAGE / sizeof(*words) - 1] = ~word(page, seed);
	}
}

bool holds(const char *at, unsigned long first, unsigned long pages, int seed)
{
	for (unsigned long page = first; page < first + pages; page++) {
		const volatile uint64_t *words = (uint64_t *)(at + page * PAGE);
		uint64_t last = seed ? ~word(page, seed) : 0;

		if (words[0] != word(page, seed) ||
		    words[PAGE / sizeof(*words) - 1] != last)
			return false;
	}
	return true;
}

static sigjmp_buf back;

static void on_fault(int signal)
{
	siglongjmp(back, signal);
}

bool faults(char *at, bool write)
{
	struct sigaction before, action = { .sa_handler = on_fault };
	bool caught = true;

	sigaction(SIGSEGV, &action, &before);
	if (!sigsetjmp(back, 1)) {
		char byte = *(volatile char *)at;

		if (write)
			*(volatile char *)at = byte;
		caught = false;
	}
	sigaction(SIGSEGV, &before, NULL);
	return caught;
}
