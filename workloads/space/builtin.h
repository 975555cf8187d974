/* SPDX-License-Identifier: GPL-2.0 */
/* The built-in layouts, a row each. */
#ifndef BUILTIN_H
#define BUILTIN_H

#include "space/layout.h"

struct builtin {
	const char *name;
	const char *about;
	void (*describe)(struct layout *layout);
};

extern const struct builtin builtins[];
extern const size_t nr_builtins;

/* Return the row of that name, or NULL. */
const struct builtin *builtin_find(const char *name);
void builtin_describe(const struct builtin *builtin, struct layout *layout);

#endif
