// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol.h"
#include "say.h"

static void vsay(const char *format, va_list args)
{
	char line[4096];
	int n = snprintf(line, sizeof(line), "umrun: ");

	vsnprintf(line + n, sizeof(line) - n, format, args);
	fprintf(stderr, "%s\n", line);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay(format, args);
	va_end(args);
}

void cannot_start(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsay(format, args);
	va_end(args);
	exit(EXIT_CANNOT_START);
}

void *xrealloc(void *old, size_t size)
{
	void *new = realloc(old, size);

	if (!new)
		cannot_start("out of memory");
	return new;
}
