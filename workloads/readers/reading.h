/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a reader says of a layout, case by case: as text without what differs
 * from boot to boot, and whether that is true.
 */
#ifndef READING_H
#define READING_H

#include <stdbool.h>

#include "out/text.h"
#include "space/subject.h"
#include "truth/check.h"

struct reading {
	const char *reader;
	const struct layout *layout;
	int probe;
	int pid;		/* the process that has the layout, if it is alive */
	bool is_silent;		/* nothing is recorded */
	bool is_skipped;	/* there was nothing to read */
	struct text said;	/* in the present case... */
	struct check check;	/* ...and its comparison with the layout */
};

/* End the case and record it. The next one begins. */
void reading_case(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Record that the layout, or the kernel, has nothing to read here. */
void reading_skip(struct reading *reading, const char *why);

/* Return a file of the process as a string; the next call overwrites it. */
const char *reading_text(struct reading *reading, const char *file);

/* The readers. */
void read_maps(struct reading *reading);
void read_smaps(struct reading *reading);
void read_smaps_rollup(struct reading *reading);
void read_numa_maps(struct reading *reading);
void read_pagemap(struct reading *reading);
void read_scan(struct reading *reading);
void read_clear_refs(struct reading *reading);
void read_mincore(struct reading *reading);

#endif
