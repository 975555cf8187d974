// SPDX-License-Identifier: GPL-2.0
/* Numbers for clear_refs, written in odd ways: each does all or nothing. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "rules/u9.h"
#include "space/map.h"

/* The VMA whose pages are used again, and how much Referenced has then. */
#define USED		1
#define USED_KB		8

struct clear_how {
	struct check *check;
	const struct subject *subject;
	int fd;
};

static int64_t referenced_kb(const struct clear_how *how)
{
	static char text[8192];
	int fd = open_proc(how->subject->pid, "smaps_rollup");
	int64_t len = smaps_read(fd, text, sizeof(text) - 1);

	close(fd);
	text[len > 0 ? len : 0] = 0;
	return smaps_rollup_field(text, "Referenced");
}

static void use_pages(const struct clear_how *how)
{
	const struct subject *subject = how->subject;

	layout_populate(subject->layout, subject->layout->regions + USED,
			subject->probe, subject->pid);
}

/* Write to the file as @offset says; all is cleared, or @expected is an error. */
static void write_odd(struct clear_how *how, const char *bytes, uint64_t len,
		      uint64_t offset, int64_t expected)
{
	int64_t got;

	use_pages(how);
	got = how_result(pwrite(how->fd, bytes, len, offset));
	how_expect(how->check, got, expected,
		   "clear_refs: pwrite() of %" PRIu64 " bytes at %" PRIu64, len,
		   offset);
	how_expect(how->check, referenced_kb(how), expected < 0 ? USED_KB : 0,
		   "Referenced after a pwrite() of %" PRIu64 " bytes to clear_refs",
		   len);
}

static void check_numbers(struct rule_run *run, struct clear_how *how)
{
	static const char * const right[] = {
		"1", "1\n", "1\n\n", " 1", "1 ", "\t1\n", "01", "+1",
	};
	static const char * const wrong[] = {
		"", "\n", "0", "-1", "1x", "x1", "0x1", "1 1", "1.0", "1\n1",
	};
	static const char * const large[] = {
		"4294967297", "99999999999", "184467440737",
	};
	size_t i;

	how->check = rule_case(run, "clear_refs: odd numbers");
	write_odd(how, "1", 1, 0, 1);
	for (i = 0; i < ARRAY_SIZE(right); i++)
		write_odd(how, right[i], strlen(right[i]), 0,
			  strlen(right[i]));
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		write_odd(how, wrong[i], strlen(wrong[i]), 0, -EINVAL);
	for (i = 0; i < ARRAY_SIZE(large); i++)
		write_odd(how, large[i], strlen(large[i]), 0, -ERANGE);
	write_odd(how, "1\0", 2, 0, 2);
	/* Of a long one, twelve bytes are taken. */
	write_odd(how, "1            ", 13, 0, 12);
	write_odd(how, "1            x", 14, 0, 12);
	write_odd(how, "x            1", 14, 0, -EINVAL);
	for (i = 1; i < UINT64_C(1) << 40; i *= 4095)
		write_odd(how, "1", 1, i, 1);
}

static void check_faults(struct rule_run *run, struct clear_how *how)
{
	struct guarded buffer = guarded_map(1);

	how->check = rule_case(run, "clear_refs: buffers that end too soon");
	buffer.end[-2] = '1';
	buffer.end[-1] = '\n';
	write_odd(how, buffer.end - 2, 2, 0, 2);
	write_odd(how, buffer.end - 2, 3, 0, -EFAULT);
	write_odd(how, buffer.end, 1, 0, -EFAULT);
	guarded_unmap(&buffer);
}

void how_clear_refs(struct rule_run *run, const struct subject *subject)
{
	struct clear_how how = { .subject = subject };

	how.fd = try_proc(subject->pid, "clear_refs", O_WRONLY);
	must(how.fd >= 0, "clear_refs");
	check_numbers(run, &how);
	check_faults(run, &how);
	close(how.fd);
}
