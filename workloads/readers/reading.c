// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>

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
	record_reader(reading->layout->name, reading->reader, name,
		      check_ok(check), false, check->checked,
		      check_text(check, "", text),
		      text_string(&reading->said));
	text_clear(&reading->said);
	reading->check = (struct check){ 0 };
}

void reading_skip(struct reading *reading, const char *why)
{
	record_reader(reading->layout->name, reading->reader, "all", true, true,
		      0, why, "");
}
