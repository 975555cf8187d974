/* SPDX-License-Identifier: GPL-2.0 */
/* mincore() of a layout that this process has (space/own.h). */
#ifndef MINCORE_CHECK_H
#define MINCORE_CHECK_H

#include "space/layout.h"
#include "truth/check.h"

#define MINCORE_GUARD	8	/* bytes behind the vector, which have to stay */

/*
 * Ask for the pages [from, to), and compare each byte of @vector, which has room
 * for them and the guard. If the range has a hole, only the error is known.
 * Return 0 or the error number.
 */
int check_mincore_call(struct check *check, const struct layout *layout,
		       uint64_t from, uint64_t to, unsigned char *vector);

#endif
