// SPDX-License-Identifier: GPL-2.0
/*
 * maps, smaps and smaps_rollup of a process that stands still, in pieces: they
 * have to be those of the whole, which is read first.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/util.h"
#include "rules/u9.h"

#define TEXT_MAX	(UINT64_C(1) << 20)

struct text_how {
	struct check *check;
	const char *name;
	int pid, fd;
	char *whole, *got;
	uint64_t len;
};

/* Read on, up to @size bytes at a time, into @got from @at on. */
static uint64_t read_on(struct text_how *how, uint64_t at, uint64_t size)
{
	int64_t given = 1;

	while (given > 0 && at + size <= TEXT_MAX) {
		given = how_result(read(how->fd, how->got + at, size));
		how->check->checked++;
		if (given < 0 || given > (int64_t)size)
			check_fail(how->check, "%s: a read() of %" PRIu64 " bytes gave %" PRId64,
				   how->name, size, given);
		at += given > 0 ? given : 0;
	}
	return at;
}

static void expect_text(struct text_how *how, uint64_t from, uint64_t len,
			const char *what, uint64_t size)
{
	uint64_t i = 0;

	how->check->checked++;
	while (i < len && from + i < how->len &&
	       how->got[i] == how->whole[from + i])
		i++;
	if (i < len)
		check_fail(how->check, "%s: %s of %" PRIu64 " bytes from byte %" PRIu64 " on: byte %" PRIu64 " is wrong",
			   how->name, what, size, from, i);
}

/* Each VMA of the layout is there once, and in order. */
static void check_list(struct text_how *how, const struct layout *layout)
{
	const char *at = how->whole;
	char line[64];
	size_t i;

	for (i = 0; i < layout->nr_regions; i++) {
		uint64_t start = layout_address(layout,
						layout->regions[i].start);

		snprintf(line, sizeof(line), "%" PRIx64 "-%" PRIx64 " ", start,
			 start + layout->regions[i].pages * PAGE_SIZE);
		how->check->checked++;
		at = at ? strstr(at, line) : NULL;
		if (!at || strstr(at + 1, line)) {
			check_fail(how->check, "%s: %s is not there once, and in order",
				   how->name, line);
			return;
		}
	}
}

static void read_whole(struct rule_run *run, struct text_how *how,
		       const struct layout *layout)
{
	how->check = rule_case(run, "%s: whole", how->name);
	how->fd = open_proc(how->pid, how->name);
	how->len = read_on(how, 0, TEXT_MAX / 2);
	memcpy(how->whole, how->got, how->len);
	how->whole[how->len] = 0;
	if (strcmp(how->name, "smaps_rollup"))
		check_list(how, layout);
	how_expect(how->check, how_result(read(how->fd, how->got, 10)), 0,
		   "%s: read() at the end", how->name);
	close(how->fd);
}

static void check_pieces(struct rule_run *run, struct text_how *how)
{
	static const uint64_t sizes[] = { 61, 509, 1021, 4095, 4096, 4097, 8191 };
	uint64_t len;
	size_t i;

	how->check = rule_case(run, "%s: in pieces", how->name);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		how->fd = open_proc(how->pid, how->name);
		len = read_on(how, 0, sizes[i]);
		how_expect(how->check, len, how->len,
			   "%s: length in pieces of %" PRIu64 " bytes",
			   how->name, sizes[i]);
		expect_text(how, 0, len, "pieces", sizes[i]);
		close(how->fd);
	}
}

/* A part that is not the end may be short, but not empty. */
static void check_part(struct text_how *how, uint64_t from, uint64_t size)
{
	int64_t given = how_result(pread(how->fd, how->got, size, from));

	how->check->checked++;
	if (given < 0 || given > (int64_t)size ||
	    !given == (size && from < how->len))
		check_fail(how->check, "%s of %" PRIu64 " bytes: pread() of %" PRIu64 " at %" PRIu64 " gave %" PRId64,
			   how->name, how->len, size, from, given);
	else
		expect_text(how, from, given, "pread()", size);
}

static void check_parts(struct rule_run *run, struct text_how *how)
{
	static const uint64_t sizes[] = { 0, 1, 100, 5000 };
	uint64_t step = how->len / 17 + 1, from;
	size_t i;

	how->check = rule_case(run, "%s: at odd offsets", how->name);
	how->fd = open_proc(how->pid, how->name);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (from = 0; from < how->len; from += step)
			check_part(how, from, sizes[i]);
		for (from = how->len; from; from -= step < from ? step : from)
			check_part(how, from - 1, sizes[i]);
		for (from = 4094; from < 4099; from++)
			check_part(how, from, sizes[i]);
		for (from = how->len; from < UINT64_C(1) << 40; from *= 9)
			check_part(how, from, sizes[i]);
	}
	how_expect(how->check, how_result(pread(how->fd, how->got, 1, -1)),
		   -EINVAL, "%s: pread() at -1", how->name);
	close(how->fd);
}

/* Also from a position that lseek() has set, to and fro. */
static void check_seeks(struct rule_run *run, struct text_how *how)
{
	static const int64_t steps[] = { 300, -250, 4090, -4096, 0, 7, -57, -90 };
	int64_t at = 0, given;
	size_t i;

	how->check = rule_case(run, "%s: to and fro", how->name);
	how->fd = open_proc(how->pid, how->name);
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		at += steps[i];
		how_expect(how->check, lseek(how->fd, steps[i], SEEK_CUR), at,
			   "%s: lseek() to %" PRId64, how->name, at);
		given = how_result(read(how->fd, how->got, 90));
		how->check->checked++;
		if (given < 0 || (given == 0) != (at >= (int64_t)how->len))
			check_fail(how->check, "%s: read() at %" PRId64 " gave %" PRId64,
				   how->name, at, given);
		if (given > 0)
			expect_text(how, at, given, "read()", 90);
		at += given > 0 ? given : 0;
	}
	close(how->fd);
}

/* What does not fit is not lost: the next read() has it. */
static void check_fault(struct text_how *how, struct guarded *buffer,
			uint64_t fits, uint64_t size)
{
	int64_t given;
	uint64_t len;

	how->fd = open_proc(how->pid, how->name);
	given = how_result(read(how->fd, buffer->end - fits, size));
	how->check->checked++;
	if (given != -EFAULT && (given <= 0 || given > (int64_t)fits))
		check_fail(how->check, "%s: read() of %" PRIu64 " bytes to a buffer with room for %" PRIu64 " gave %" PRId64,
			   how->name, size, fits, given);
	given = given < 0 ? 0 : min_u64(given, fits);
	memcpy(how->got, buffer->end - fits, given);
	len = read_on(how, given, TEXT_MAX / 2);
	how_expect(how->check, len, how->len,
		   "%s: length after a buffer that ended too soon", how->name);
	expect_text(how, 0, len, "read() after a buffer", fits);
	close(how->fd);
}

static void check_faults(struct rule_run *run, struct text_how *how)
{
	static const uint64_t fits[] = { 0, 1, 100, 4095 };
	struct guarded buffer = guarded_map(2);
	size_t i;

	how->check = rule_case(run, "%s: buffers that end too soon", how->name);
	for (i = 0; i < ARRAY_SIZE(fits); i++) {
		check_fault(how, &buffer, fits[i], fits[i] + 1);
		check_fault(how, &buffer, fits[i], 5000);
	}
	guarded_unmap(&buffer);
}

void how_text(struct rule_run *run, const struct subject *subject)
{
	static const char * const names[] = { "maps", "smaps", "smaps_rollup" };
	struct text_how how = { .pid = subject->pid };
	size_t i;

	how.whole = map_populated(TEXT_MAX);
	how.got = map_populated(TEXT_MAX);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		how.name = names[i];
		read_whole(run, &how, subject->layout);
		check_pieces(run, &how);
		check_parts(run, &how);
		check_seeks(run, &how);
		check_faults(run, &how);
	}
	unmap_populated(how.whole, TEXT_MAX);
	unmap_populated(how.got, TEXT_MAX);
}
