/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The layouts that have a name: those of workloads/layouts, which this program
 * has in itself, and those of users, which are in a folder of the guest's root.
 */
#ifndef SHIPPED_H
#define SHIPPED_H

#include "space/layout.h"

#define LAYOUTS_FOLDER	"/layouts/"

/* One that this program has in itself; the Makefile makes the list. */
struct shipped {
	const char *name;
	const char *start, *end;	/* its file */
};

/* Those that are taken when none is named come first. */
extern const struct shipped shipped[];
extern const size_t nr_shipped, nr_standard;

/* Return the name of layout @i, or NULL behind the last one. */
const char *shipped_name(size_t i);
const char *shipped_about(size_t i);

/* Tell whether there is one of that name. */
bool layout_is_known(const char *name);
/*
 * Describe the layout of that name, whose string has to last. Return false if
 * there is none.
 */
bool layout_named(struct layout *layout, const char *name);
/* Describe the layout of a file, or refuse it. */
void layout_of_file(struct layout *layout, const char *name, const char *path);

#endif
