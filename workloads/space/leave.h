/* SPDX-License-Identifier: GPL-2.0 */
/* The code with which a process keeps one range and unmaps all others. */
#ifndef LEAVE_H
#define LEAVE_H

#include <stdint.h>

/* What is to be unmapped; a gap of size 0 is refused, which does no harm. */
struct gap {
	uint64_t start, size;
};

/* The code, the place of its three gaps, and its end. */
extern const char leave_code[], leave_gaps[], leave_end[];

#endif
