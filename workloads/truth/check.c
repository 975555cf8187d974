// SPDX-License-Identifier: GPL-2.0
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
