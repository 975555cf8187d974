// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/util.h"
#include "out/text.h"

static int try_add(struct text *text, const char *format, va_list args)
{
	return vsnprintf(text->bytes ? text->bytes + text->len : NULL,
			 text->size - text->len, format, args);
}

void text_add(struct text *text, const char *format, ...)
{
	va_list args;
	size_t more;

	va_start(args, format);
	more = try_add(text, format, args);
	va_end(args);
	if (text->len + more >= text->size) {
		text->size = 2 * (text->len + more + 1);
		text->bytes = xrealloc(text->bytes, text->size, 1);
		va_start(args, format);
		try_add(text, format, args);
		va_end(args);
	}
	text->len += more;
}

void text_clear(struct text *text)
{
	text->len = 0;
	if (text->bytes)
		*text->bytes = '\0';
}

const char *text_string(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

void text_free(struct text *text)
{
	free(text->bytes);
	*text = (struct text){ 0 };
}
