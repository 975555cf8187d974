/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records: JSON Lines on file descriptor 3, if it is open.
 *
 *	{"type":"layout","layout":L,"pages":P,"present":N,"vmas":V,"huge":H,
 *	 "tables":T}
 *		P pages in the range, N populated 4 KiB pages, V VMAs,
 *		H populated huge pages, T PTE tables
 *	{"type":"check","layout":L,"check":C,"ok":true,"checked":N,
 *	 "detail":"..."}
 *		C compared N things with the truth; detail tells the first
 *		wrong one, or what was compared
 *	{"type":"sample","layout":L,"walk":W,"cycles":C,"repeat":R,"pages":P,
 *	 "calls":K,"return":E}
 *		R walks or reads of P pages took C TSC cycles together; one
 *		made K calls of callbacks (0 for a read) and returned E (a
 *		read: 0, or a negative error number)
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

struct sample {
	const char *walk;
	uint64_t cycles;
	uint64_t repeat;
	uint64_t pages;
	uint64_t calls;
	int64_t ret;
};

void records_open(void);
bool records_wanted(void);
void record_layout(const struct layout *layout);
void record_check(const struct layout *layout, const char *check, bool ok,
		  uint64_t checked, const char *detail);
void record_sample(const struct layout *layout, const struct sample *sample);
/* All that was recorded is written when this returns, or it dies. */
void records_flush(void);

#endif
