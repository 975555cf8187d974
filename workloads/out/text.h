/* SPDX-License-Identifier: GPL-2.0 */
/* Text that grows. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>

struct text {
	size_t len, size;
	char *bytes;		/* a string, once something was added */
};

void text_add(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Forget what was added. */
void text_clear(struct text *text);
const char *text_string(const struct text *text);
void text_free(struct text *text);

#endif
