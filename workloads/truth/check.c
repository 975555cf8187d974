// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "truth/check.h"

void check_fail(struct check *check, const char *format, ...)
{
	va_list args;

	if (check->wrong++)
		return;
	va_start(args, format);
	vsnprintf(check->detail, sizeof(check->detail), format, args);
	va_end(args);
}

const char *check_text(const struct check *check, const char *fine,
		       char text[CHECK_TEXT])
{
	if (!check->wrong)
		return fine;
	if (check->wrong == 1)
		return check->detail;
	snprintf(text, CHECK_TEXT, "%s (the first of %" PRIu64 ")",
		 check->detail, check->wrong);
	return text;
}
