// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "rules/u9.h"
#include "truth/page.h"

#define ENTRY	sizeof(uint64_t)

struct pagemap_how {
	struct check *check;
	const struct layout *layout;
	int fd;
	uint64_t *expected, *got;	/* of all pages of the layout */
};

/* Each page alone: U1 says that this is the truth. */
static void read_alone(struct pagemap_how *how)
{
	uint64_t page;

	pagemap_read_singly(how->fd, how->layout->base, how->expected,
			    how->layout->pages);
	for (page = 0; page < how->layout->pages; page++) {
		struct truth truth = layout_at(how->layout, page);

		how_expect(how->check, how->expected[page] & ~PM_PFN,
			   page_entry(&truth), "the entry of page %" PRIu64,
			   page);
	}
}

static void expect_entries(struct pagemap_how *how, int64_t given,
			   uint64_t from, uint64_t entries, const char *what)
{
	how_expect(how->check, given, entries * ENTRY,
		   "%s of %" PRIu64 " entries from page %" PRIu64 " on", what,
		   entries, from);
	if (given < 0 || given > (int64_t)(entries * ENTRY))
		return;
	how_expect(how->check, memcmp(how->got, how->expected + from, given),
		   0, "the entries of a %s of %" PRIu64 " from page %" PRIu64 " on",
		   what, entries, from);
}

/* The kernel collects the entries of one page table at a time. */
static void check_tables(struct rule_run *run, struct pagemap_how *how)
{
	static const uint64_t froms[] = { 0, 1, 255, 511, 512, 513, 1023 };
	static const uint64_t lengths[] = {
		511, 512, 513, 1023, 1024, 1025, 1026, 1061
	};
	uint64_t offset = pagemap_offset(how->layout->base);
	size_t i, j;

	how->check = rule_case(run, "pagemap: more than a page table");
	for (i = 0; i < ARRAY_SIZE(froms); i++)
		for (j = 0; j < ARRAY_SIZE(lengths); j++)
			expect_entries(how,
				       how_result(pread(how->fd, how->got,
							lengths[j] * ENTRY,
							offset + froms[i] * ENTRY)),
				       froms[i], lengths[j], "pread()");
}

/* What a read() gives ends where the next one begins. */
static void check_position(struct rule_run *run, struct pagemap_how *how)
{
	static const uint64_t lengths[] = { 1, 2, 3, 61, 511, 512, 513 };
	uint64_t from, page, n;
	size_t i;

	how->check = rule_case(run, "pagemap: read() after read()");
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		n = lengths[i];
		from = lseek(how->fd, pagemap_offset(how->layout->base) +
			     500 * ENTRY, SEEK_SET);
		for (page = 500; page + n < 1100; page += n) {
			expect_entries(how,
				       how_result(read(how->fd, how->got,
						       n * ENTRY)),
				       page, n, "read()");
			from += n * ENTRY;
			how_expect(how->check, lseek(how->fd, 0, SEEK_CUR),
				   from, "the position after a read()");
		}
	}
	how_expect(how->check, lseek(how->fd, 0, SEEK_END) < 0, true,
		   "lseek() to an end that there is not");
}

/* Each vector is a read of its own; one that is refused ends them all. */
static void check_vectors(struct rule_run *run, struct pagemap_how *how)
{
	static const size_t lengths[][3] = {
		{ 8, 4088, 8 }, { 0, 8, 8 }, { 512, 8, 0 }, { 8, 4, 8 },
		{ 4, 8, 8 }, { 4104, 16, 4096 },
	};
	static const int64_t expected[] = { 4104, 16, 520, 8, -EINVAL, 8216 };
	uint64_t offset = pagemap_offset(how->layout->base);
	char *got = (char *)how->got;
	size_t i;

	how->check = rule_case(run, "pagemap: preadv()");
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		const size_t *len = lengths[i];
		struct iovec vectors[] = {
			{ got, len[0] }, { got + len[0], len[1] },
			{ got + len[0] + len[1], len[2] },
		};
		int64_t given = how_result(preadv(how->fd, vectors, 3, offset));

		how_expect(how->check, given, expected[i],
			   "preadv() of %zu, %zu and %zu bytes", len[0], len[1],
			   len[2]);
		if (given == expected[i] && given > 0)
			how_expect(how->check,
				   memcmp(got, how->expected, given), 0,
				   "the entries of a preadv()");
	}
}

static void expect_pread(struct pagemap_how *how, uint64_t length,
			 uint64_t offset, int64_t expected)
{
	how_expect(how->check,
		   how_result(pread(how->fd, how->got, length, offset)),
		   expected, "pread() of %" PRIu64 " bytes at 0x%" PRIx64,
		   length, offset);
}

/* Addresses are of 64 bits, and PAGE_SHIFT fewer are a page's number. */
static void check_end(struct rule_run *run, struct pagemap_how *how)
{
	uint64_t end = pagemap_offset(address_space_end());
	uint64_t wrapped = ENTRY << (64 - PAGE_SHIFT);
	uint64_t here = pagemap_offset(how->layout->base), beyond;

	how->check = rule_case(run, "pagemap: the end of the address space");
	expect_pread(how, ENTRY, end - ENTRY, ENTRY);
	expect_pread(how, 2 * ENTRY, end - ENTRY, ENTRY);
	expect_pread(how, 1024 * ENTRY, end - 4 * ENTRY, 4 * ENTRY);
	expect_pread(how, 1024 * ENTRY, end - 600 * ENTRY, 600 * ENTRY);
	expect_pread(how, UINT64_C(0x7fff0000), end - 4 * ENTRY, 4 * ENTRY);
	for (beyond = 0; beyond < 4; beyond++)
		expect_pread(how, 4 * ENTRY, end + beyond * ENTRY, 0);
	for (beyond = end; beyond < UINT64_C(1) << 62; beyond *= 2) {
		expect_pread(how, 4 * ENTRY, beyond, 0);
		expect_pread(how, 4 * ENTRY, beyond + here, 0);
	}
	how->check = rule_case(run, "pagemap: wrap-around");
	for (beyond = 1; beyond < 5; beyond++) {
		expect_pread(how, 4 * ENTRY, wrapped - beyond * ENTRY, 0);
		expect_pread(how, 4 * ENTRY, beyond * wrapped, 0);
		expect_pread(how, 4 * ENTRY, beyond * wrapped + here, 0);
	}
}

/*
 * If a part of the buffer cannot be written, the read fails, or gives what fits.
 * It goes on with what it has not given.
 */
static void check_fault(struct pagemap_how *how, struct guarded *buffer,
			uint64_t fits, uint64_t entries)
{
	uint64_t from = pagemap_offset(how->layout->base) + 7 * ENTRY;
	char *start = buffer->end - fits;
	int64_t given;

	lseek(how->fd, from, SEEK_SET);
	given = how_result(read(how->fd, start, entries * ENTRY));
	how->check->checked++;
	if (given != -EFAULT && (given <= 0 || given % (int64_t)ENTRY ||
				 given > (int64_t)fits))
		check_fail(how->check, "read() of %" PRIu64 " entries to a buffer with room for %" PRIu64 " bytes gave %" PRId64,
			   entries, fits, given);
	given = given < 0 ? 0 : min_u64(given, fits);
	how_expect(how->check, memcmp(start, how->expected + 7, given), 0,
		   "the entries that fit");
	how_expect(how->check, lseek(how->fd, 0, SEEK_CUR), from + given,
		   "the position after a read() whose buffer has room for %" PRIu64 " bytes of %" PRIu64,
		   fits, entries * ENTRY);
	expect_entries(how, how_result(read(how->fd, how->got, 9 * ENTRY)),
		       7 + given / ENTRY, 9, "the next read()");
}

static void check_faults(struct rule_run *run, struct pagemap_how *how)
{
	static const uint64_t fits[] = { 0, 1, 8, 12, 4040, 4048, 4096, 8192 };
	struct guarded buffer = guarded_map(3);
	uint64_t i;

	how->check = rule_case(run, "pagemap: buffers that end too soon");
	for (i = 0; i < ARRAY_SIZE(fits); i++) {
		check_fault(how, &buffer, fits[i], fits[i] / ENTRY + 1);
		check_fault(how, &buffer, fits[i], 1600);
	}
	how->check = rule_case(run, "pagemap: odd buffers");
	for (i = 0; i < ENTRY; i++) {
		how_expect(how->check,
			   how_result(pread(how->fd, buffer.start + i,
					    600 * ENTRY,
					    pagemap_offset(how->layout->base))),
			   600 * ENTRY, "pread() to a buffer at byte %" PRIu64, i);
		how_expect(how->check, memcmp(buffer.start + i, how->expected,
					      600 * ENTRY), 0,
			   "the entries in a buffer at byte %" PRIu64, i);
	}
	guarded_unmap(&buffer);
}

void how_pagemap(struct rule_run *run, const struct subject *subject)
{
	struct pagemap_how how = {
		.check = rule_case(run, "pagemap: each page alone"),
		.layout = subject->layout,
		.fd = open_proc(subject->pid, "pagemap"),
	};
	uint64_t size = (subject->layout->pages + 1024) * ENTRY;

	how.expected = map_populated(size);
	how.got = map_populated(size);
	read_alone(&how);
	check_tables(run, &how);
	check_position(run, &how);
	check_vectors(run, &how);
	check_end(run, &how);
	check_faults(run, &how);
	unmap_populated(how.expected, size);
	unmap_populated(how.got, size);
	close(how.fd);
}
