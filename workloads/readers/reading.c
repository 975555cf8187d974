// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "out/records.h"
#include "readers/reading.h"

void reading_case(struct reading *reading, const char *format, ...)
{
	const struct check *check = &reading->check;
	char name[120], text[CHECK_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	if (!reading->is_silent)
		record_reader(reading->layout->name, reading->reader, name,
			      check_ok(check), false, check->checked,
			      check_text(check, "", text),
			      text_string(&reading->said));
	text_clear(&reading->said);
	reading->check = (struct check){ 0 };
}

void reading_skip(struct reading *reading, const char *why)
{
	reading->is_skipped = true;
	if (!reading->is_silent)
		record_reader(reading->layout->name, reading->reader, "all",
			      true, true, 0, why, "");
}

const char *reading_text(struct reading *reading, const char *file)
{
	uint64_t room = smaps_room(reading->layout->nr_regions);
	static uint64_t had;
	static char *text;
	int64_t len;
	int fd;

	if (had < room) {
		if (had)
			unmap_populated(text, had);
		text = map_populated(room);
		had = room;
	}
	fd = open_proc(reading->pid, file);
	len = smaps_read(fd, text, had - 1);
	close(fd);
	if (len < 0)
		check_fail(&reading->check, "%s: reading it failed: %s", file,
			   strerror(-len));
	text[len < 0 ? 0 : len] = '\0';
	return text;
}
