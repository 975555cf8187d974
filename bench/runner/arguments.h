/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stddef.h>

/* A list of arguments that grows. It is empty if all is zero. */
struct arguments {
	char **argv;		/* NULL at the end, once there are any */
	size_t n;
};

void arguments_add(struct arguments *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void arguments_free(struct arguments *a);

#endif
