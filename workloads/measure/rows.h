/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows: a layout that is built in, and a walk over it. On a command line
 * LAYOUT:WALK; LAYOUT:WALK,WALK are several, LAYOUT alone is all walks.
 */
#ifndef ROWS_H
#define ROWS_H

#include "kernel/walks.h"
#include "space/builtin.h"

struct rows {
	const struct builtin *builtin;
	uint32_t walks;		/* a bit for each of walks[] */
};

/* Parse @text, or refuse and say what there is. */
struct rows rows_parse(const char *text);

static inline bool rows_have(const struct rows *rows, size_t walk)
{
	return rows->walks & UINT32_C(1) << walk;
}

/* `walks list`: a line for each layout and each walk, its kind first. */
int rows_list(int argc, char **argv);

#endif
