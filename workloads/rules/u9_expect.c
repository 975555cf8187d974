// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "rules/u9.h"

struct guarded guarded_map(uint64_t pages)
{
	uint64_t size = pages * PAGE_SIZE;
	char *start = mmap(NULL, size + PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (start == MAP_FAILED ||
	    mprotect(start + size, PAGE_SIZE, PROT_NONE))
		die("a buffer: %s", strerror(errno));
	return (struct guarded){ start, start + size };
}

void guarded_unmap(struct guarded *guarded)
{
	munmap(guarded->start, guarded->end + PAGE_SIZE - guarded->start);
}

int64_t how_result(int64_t returned)
{
	return returned < 0 ? -errno : returned;
}

void how_expect(struct check *check, int64_t got, int64_t expected,
		const char *format, ...)
{
	char what[160];
	va_list args;

	check->checked++;
	if (got == expected)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	check_fail(check, "%s: gave %lld%s%s, expected %lld", what,
		   (long long)got, got < 0 ? " " : "",
		   got < 0 ? strerror(-got) : "", (long long)expected);
}
