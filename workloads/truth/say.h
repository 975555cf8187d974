/* SPDX-License-Identifier: GPL-2.0 */
/* What readers give, as text that is the same in each boot. */
#ifndef SAY_H
#define SAY_H

#include <stdint.h>

#include "out/text.h"
#include "truth/scan_check.h"

/* " 3*PX": entries of pagemap, which have these flags and no others. */
void say_flags(struct text *said, uint64_t flags, uint64_t times);
/* Each region that a scan gave; a line. */
void say_regions(struct text *said, const struct scan_try *scan);
/* The bytes that mincore() gave; a line. */
void say_vector(struct text *said, const unsigned char *vector, uint64_t pages);

#endif
