/* SPDX-License-Identifier: GPL-2.0 */
/* What every reader of an address space says of many layouts. */
#ifndef READERS_H
#define READERS_H

#include <stdbool.h>
#include <stddef.h>

#include "readers/reading.h"

struct reader {
	const char *name;	/* of a file, also its name */
	void (*read)(struct reading *reading);
	int times;		/* in a round, to find what it loses */
	/*
	 * Most readers change nothing, so one process serves all. This one has
	 * processes of its own, so small layouts have to do.
	 */
	bool has_processes;
};

extern const struct reader readers[];
extern const size_t nr_readers;

/* `walks readers`: record what each reader says, and whether it is true. */
int readers_main(int argc, char **argv);

#endif
