// SPDX-License-Identifier: GPL-2.0
/* mincore() with ranges and vectors that are refused, or nearly so. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/util.h"
#include "rules/u9.h"
#include "space/map.h"

/* Every third page is present. The kernel fills a page of vector at a time. */
#define PAGES		(PAGE_SIZE + 6)
#define STEP		3

#define UNTOUCHED	0x77
#define KERNEL		((unsigned char *)0xffffffff80000000)

struct mincore_how {
	struct check *check;
	struct layout layout;
	struct guarded buffer;
};

/* Ask for @len bytes, with a vector that has room for @fits pages. */
static void ask(struct mincore_how *how, uint64_t start, uint64_t len,
		uint64_t fits, int64_t expected)
{
	char *vector = how->buffer.end - fits;
	uint64_t pages = expected ? 0 : len / PAGE_SIZE + !!(len % PAGE_SIZE);
	uint64_t first = (start - how->layout.base) / PAGE_SIZE, i;

	memset(how->buffer.start, UNTOUCHED,
	       how->buffer.end - how->buffer.start);
	how_expect(how->check,
		   how_result(mincore((void *)start, len, (void *)vector)),
		   expected, "mincore() of 0x%" PRIx64 " bytes at 0x%" PRIx64 ", vector for %" PRIu64,
		   len, start, fits);
	for (i = 0; i < pages; i++)
		how_expect(how->check, vector[i], (first + i) % STEP == 0,
			   "mincore() of 0x%" PRIx64 " bytes: page %" PRIu64,
			   len, i);
	for (i = pages; expected != -EFAULT && i < fits; i++)
		how_expect(how->check, vector[i], UNTOUCHED,
			   "mincore() of 0x%" PRIx64 " bytes: the byte behind the vector",
			   len);
}

static void check_ranges(struct rule_run *run, struct mincore_how *how)
{
	uint64_t base = how->layout.base, end = address_space_end();
	uint64_t i;

	how->check = rule_case(run, "mincore: odd ranges");
	for (i = 0; i < 3; i++) {
		ask(how, base, i * PAGE_SIZE, 9, 0);
		ask(how, base, i * PAGE_SIZE + 1, 9, 0);
		ask(how, base, (i + 1) * PAGE_SIZE - 1, 9, 0);
		ask(how, base + PAGE_SIZE, i * PAGE_SIZE + 1, 9, 0);
	}
	for (i = 1; i < PAGE_SIZE; i *= 5)
		ask(how, base + i, PAGE_SIZE, 9, -EINVAL);
	ask(how, base + 1, 0, 9, -EINVAL);
	ask(how, base - PAGE_SIZE, PAGE_SIZE, 9, -ENOMEM);
	ask(how, base - PAGE_SIZE, 2 * PAGE_SIZE, 9, -ENOMEM);
	ask(how, base + PAGES * PAGE_SIZE, 1, 9, -ENOMEM);
	ask(how, end - PAGE_SIZE, 2 * PAGE_SIZE, 9, -ENOMEM);
	ask(how, end, PAGE_SIZE, 9, -ENOMEM);
	for (i = end; i; i *= 2)
		ask(how, base, i, 9, -ENOMEM);
	for (i = 1; i < 2 * PAGE_SIZE; i *= 90)
		ask(how, base, -i, 9, -ENOMEM);
	ask(how, base, -base, 9, -ENOMEM);
}

static void check_vectors(struct rule_run *run, struct mincore_how *how)
{
	static const uint64_t fits[] = { 0, 1, 4095, 4096, 4097, 4101 };
	uint64_t base = how->layout.base;
	size_t i;

	how->check = rule_case(run, "mincore: vectors that end too soon");
	for (i = 0; i < ARRAY_SIZE(fits); i++) {
		ask(how, base, fits[i] * PAGE_SIZE, fits[i], 0);
		ask(how, base, fits[i] * PAGE_SIZE + 1, fits[i], -EFAULT);
	}
	ask(how, base, PAGES * PAGE_SIZE, PAGES, 0);
	how_expect(how->check,
		   how_result(mincore((void *)base, PAGE_SIZE, KERNEL)),
		   -EFAULT, "mincore() with a vector in the kernel");
}

void how_mincore(struct rule_run *run)
{
	struct mincore_how how = {
		.layout = { .name = "mincore", .base = RULE_BASE },
		.buffer = guarded_map(2),
	};

	layout_region(&how.layout, &mem_anon, PAGES, 0, STEP);
	layout_map_or_die(&how.layout, run->probe);
	layout_populate(&how.layout, how.layout.regions, run->probe, 0);
	check_ranges(run, &how);
	check_vectors(run, &how);
	layout_unmap(&how.layout);
	layout_free(&how.layout);
	guarded_unmap(&how.buffer);
}
