// SPDX-License-Identifier: GPL-2.0
/* PAGEMAP_SCAN with arguments that are refused, or nearly so. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/scan.h"
#include "kernel/util.h"
#include "rules/u9.h"

#define NEVER	(UINT64_C(1) << 63)	/* a flag that there is not */
#define KERNEL	UINT64_C(0xffffffff80000000)

struct scan_how {
	struct check *check;
	int fd;
	struct guarded buffer;
};

/* Nine pages, of which pages 0, 3 and 6 are present. */
static struct scan right(const struct scan_how *how)
{
	return (struct scan){
		.size = sizeof(struct scan),
		.start = RULE_BASE,
		.end = RULE_BASE + 9 * PAGE_SIZE,
		.vec = (uintptr_t)how->buffer.start,
		.vec_len = 10,
		.category_mask = SCAN_PRESENT,
		.return_mask = SCAN_PRESENT,
	};
}

static void expect(struct scan_how *how, struct scan arg, const char *what,
		   int64_t expected)
{
	how_expect(how->check, pagemap_scan_as_is(how->fd, &arg), expected,
		   "PAGEMAP_SCAN with %s", what);
}

static void check_fields(struct scan_how *how)
{
	static const struct {
		const char *what;
		struct scan add;	/* to what is right */
		int64_t expected;
	} fields[] = {
		{ "nothing wrong", { 0 }, 3 },
		{ "a size one too large", { .size = 1 }, -EINVAL },
		{ "a size 8 too small", { .size = -8 }, -EINVAL },
		{ "a size of 0", { .size = -sizeof(struct scan) }, -EINVAL },
		{ "flag 4", { .flags = 4 }, -EINVAL },
		{ "flag 63", { .flags = NEVER }, -EINVAL },
		{ "an inverted category that is none",
		  { .category_inverted = NEVER }, -EINVAL },
		{ "a category that is none", { .category_mask = NEVER },
		  -EINVAL },
		{ "one of any that is none", { .category_anyof_mask = NEVER },
		  -EINVAL },
		{ "a reported category that is none", { .return_mask = NEVER },
		  -EINVAL },
		{ "an odd start", { .start = 1 }, -EINVAL },
		{ "a start in a page", { .start = 4095 }, -EINVAL },
		{ "an end in a page that is absent",
		  { .end = -4 * PAGE_SIZE + 1 }, 2 },
		{ "an end after the first byte of a page",
		  { .end = -3 * PAGE_SIZE + 1 }, 3 },
		{ "an end before the last byte of a page",
		  { .end = -2 * PAGE_SIZE - 1 }, 3 },
		{ "an end at the start", { .end = -9 * PAGE_SIZE }, 0 },
		{ "an end before the start", { .end = -10 * PAGE_SIZE },
		  -EFAULT },
		{ "an end in the kernel", { .end = KERNEL - RULE_BASE },
		  -EFAULT },
		{ "a start in the kernel", { .start = KERNEL - RULE_BASE },
		  -EFAULT },
		{ "a vector that is too long",
		  { .vec_len = UINT64_C(1) << 60 }, -EFAULT },
		{ "a vector whose size wraps",
		  { .vec_len = UINT64_C(0x0aaaaaaaaaaaaaab) }, -EFAULT },
		{ "a vector of length 0", { .vec_len = -10 }, 0 },
	};
	const uint64_t *add;
	uint64_t *to;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		struct scan arg = right(how);

		add = (const uint64_t *)&fields[i].add;
		to = (uint64_t *)&arg;
		for (j = 0; j < sizeof(arg) / sizeof(*to); j++)
			to[j] += add[j];
		expect(how, arg, fields[i].what, fields[i].expected);
	}
}

static void check_ends(struct scan_how *how)
{
	uint64_t bytes;

	for (bytes = 1; bytes < 2 * PAGE_SIZE; bytes += 511) {
		struct scan arg = right(how);

		arg.end = arg.start + bytes;
		how_expect(how->check, pagemap_scan_as_is(how->fd, &arg), 1,
			   "PAGEMAP_SCAN of %" PRIu64 " bytes", bytes);
		how_expect(how->check, arg.walk_end - arg.start,
			   (bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE,
			   "the end of a PAGEMAP_SCAN of %" PRIu64 " bytes",
			   bytes);
	}
}

/* Regions that cannot be written are an error, and those that fit are right. */
static void check_vectors(struct scan_how *how)
{
	uint64_t fits, region = sizeof(struct scan_region);
	struct scan arg = right(how);

	arg.vec = 0;
	expect(how, arg, "a vector at NULL", -EINVAL);
	arg.vec = KERNEL;
	expect(how, arg, "a vector in the kernel", -EFAULT);
	for (fits = 0; fits <= 3 * region; fits += region / 2) {
		arg.vec = (uintptr_t)how->buffer.end - fits;
		expect(how, arg, "a vector that ends too soon",
		       fits < 3 * region ? -EFAULT : 3);
	}
	arg.vec = (uintptr_t)how->buffer.start + 1;
	expect(how, arg, "a vector at an odd address", 3);
}

/* The structure itself: where it ends too soon, and where it is read-only. */
static void check_structure(struct scan_how *how)
{
	struct scan arg = right(how), *at;
	uint64_t fits;

	how_expect(how->check, pagemap_scan_as_is(how->fd, NULL), -EFAULT,
		   "PAGEMAP_SCAN without a structure");
	for (fits = 0; fits < sizeof(arg); fits += sizeof(uint64_t)) {
		at = (struct scan *)(how->buffer.end - fits);
		memcpy(at, &arg, fits);
		how_expect(how->check, pagemap_scan_as_is(how->fd, at),
			   -EFAULT, "PAGEMAP_SCAN with %" PRIu64 " bytes of its structure",
			   fits);
	}
	at = (struct scan *)(how->buffer.end - sizeof(arg));
	memcpy(at, &arg, sizeof(arg));
	how_expect(how->check, pagemap_scan_as_is(how->fd, at), 3,
		   "PAGEMAP_SCAN with all of its structure");
	at->vec = 0;
	at->vec_len = 0;
	if (mprotect(how->buffer.start, PAGE_SIZE, PROT_READ))
		die("mprotect: %s", strerror(errno));
	how_expect(how->check, pagemap_scan_as_is(how->fd, at), -EFAULT,
		   "PAGEMAP_SCAN with a structure that is read-only");
}

void how_scan(struct rule_run *run, const struct subject *subject)
{
	struct scan_how how = { .fd = open_proc(subject->pid, "pagemap") };

	if (!pagemap_has_scan(how.fd)) {
		rule_skip(run, "PAGEMAP_SCAN", "this kernel has none");
		close(how.fd);
		return;
	}
	how.check = rule_case(run, "PAGEMAP_SCAN: odd arguments");
	how.buffer = guarded_map(1);
	check_fields(&how);
	check_ends(&how);
	how.check = rule_case(run, "PAGEMAP_SCAN: buffers that end too soon");
	check_vectors(&how);
	check_structure(&how);
	guarded_unmap(&how.buffer);
	close(how.fd);
}
