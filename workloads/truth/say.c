// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "truth/say.h"

void say_flags(struct text *said, uint64_t flags, uint64_t times)
{
	static const struct {
		uint64_t flag;
		char letter;
	} letters[] = {
		{ PM_PRESENT, 'P' }, { PM_SWAP, 'S' }, { PM_FILE, 'F' },
		{ PM_EXCLUSIVE, 'X' }, { PM_SOFT_DIRTY, 'D' },
		{ PM_UFFD_WP, 'W' },
	};
	char text[16];
	size_t i, n = 0;

	for (i = 0; i < ARRAY_SIZE(letters); i++) {
		if (flags & letters[i].flag)
			text[n++] = letters[i].letter;
		flags &= ~letters[i].flag;
	}
	text[n] = '\0';
	text_add(said, " %" PRIu64 "*%s", times, n ? text : "-");
	if (flags)
		text_add(said, "+0x%" PRIx64, flags);
}

void say_regions(struct text *said, const struct scan_try *scan)
{
	int64_t i;

	for (i = 0; i < scan->given; i++)
		text_add(said, " 0x%" PRIx64 "-0x%" PRIx64 "=0x%" PRIx64,
			 scan->got[i].start, scan->got[i].end,
			 scan->got[i].categories);
	text_add(said, "\n");
}

void say_vector(struct text *said, const unsigned char *vector, uint64_t pages)
{
	uint64_t i, times = 0;

	for (i = 0; i < pages; i++) {
		times++;
		if (i + 1 < pages && vector[i + 1] == vector[i])
			continue;
		text_add(said, " %" PRIu64 "*0x%02x", times, vector[i]);
		times = 0;
	}
	text_add(said, "\n");
}
