/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the readers do, in as few system calls as they can, of which each may
 * fail. Nothing else in there needs memory.
 */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

#include "space/layout.h"

/* Bytes; far more than any says. */
#define SAID_MAX	(UINT64_C(1) << 20)

/* What is read, what is said of it, and what of that if nothing fails. */
struct target {
	const struct layout *layout;
	int pid;
	char *said, *expected;	/* SAID_MAX bytes, which are populated */
	int64_t len;		/* bytes expected */
};

struct operation {
	const char *name;
	/* Return how many bytes are said, or a negative error number. */
	int64_t (*run)(const struct operation *op, const struct target *target);
};

/* These read another process. */
extern const struct operation of_others[];
extern const size_t nr_of_others;
/* This one reads the process that calls it. */
extern const struct operation of_self;

#endif
