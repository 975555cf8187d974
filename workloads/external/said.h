/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a layout has, and what this program reads of it, in lines that the host
 * compares with what other people's tools print:
 *
 *	vma START END FIELD=KB...		in bytes, hexadecimal
 *	pages FIRST END STEP SIZE FLAGS		every STEP-th page from FIRST on
 *						is the first of SIZE present ones
 *	file START RESIDENT PAGES		of the file that is mapped there
 *
 * Pages are numbered from address 0 and hexadecimal. Flags are letters as those
 * of page-types: a anonymous, F of a file, G huge, z the zero page, 1 mapped
 * only once.
 */
#ifndef SAID_H
#define SAID_H

#include "out/text.h"
#include "space/layout.h"

/* The truth of a layout. */
void say_truth(struct text *said, const struct layout *layout);
/* What smaps, pagemap and mincore() say. */
void say_read(struct text *said, const struct layout *layout, int pid);

#endif
