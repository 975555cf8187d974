/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A row is a built-in layout and a walk over it. On a command line it is
 * LAYOUT:WALK; LAYOUT:WALK,WALK are several rows, and LAYOUT is all walks but
 * those that have to be named.
 */
#ifndef ROWS_H
#define ROWS_H

#include "kernel/walks.h"
#include "space/builtin.h"

struct rows {
	const struct builtin *builtin;
	uint32_t walks;		/* a bit for each element of walks[] */
};

/* Parse @text, or refuse it and list the choices. */
struct rows rows_parse(const char *text);

static inline bool rows_have(const struct rows *rows, size_t walk)
{
	return rows->walks & UINT32_C(1) << walk;
}

/*
 * `walks list`: print a line for each layout and each walk, its kind first. A
 * walk that has to be named is a reader.
 */
int rows_list(int argc, char **argv);

#endif
