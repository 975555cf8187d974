/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A row is a layout and a walk over it. On a command line it is
 * LAYOUT:WALK; LAYOUT:WALK,WALK are several rows, and LAYOUT is all walks but
 * those that have to be named.
 */
#ifndef ROWS_H
#define ROWS_H

#include "kernel/walks.h"
#include "space/shipped.h"

struct rows {
	const char *layout;	/* its name */
	uint32_t walks;		/* a bit for each element of walks[] */
};

/* Parse @text, or refuse it and list the choices. It lives as long as we do. */
struct rows rows_parse(const char *text);

/* Record the counts of a layout. */
void layout_record(const struct layout *layout);

static inline bool rows_have(const struct rows *rows, size_t walk)
{
	return rows->walks & UINT32_C(1) << walk;
}

/*
 * `walks list`: print a line for each layout and each walk, its kind first. A
 * layout that is taken only by its name is of the kind "more", such a walk is a
 * reader.
 */
int rows_list(int argc, char **argv);

/* `walks layout FILE`: print a line on the layout, or what is wrong with it. */
int rows_layout(int argc, char **argv);

#endif
