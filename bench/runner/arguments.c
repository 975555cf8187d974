// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "arguments.h"
#include "say.h"

void arguments_add(struct arguments *a, const char *format, ...)
{
	va_list args;

	a->argv = xrealloc(a->argv, (a->n + 2) * sizeof(*a->argv));
	va_start(args, format);
	if (vasprintf(a->argv + a->n, format, args) < 0)
		cannot_start("out of memory");
	va_end(args);
	a->argv[++a->n] = NULL;
}

void arguments_free(struct arguments *a)
{
	while (a->n)
		free(a->argv[--a->n]);
	free(a->argv);
	a->argv = NULL;
}
