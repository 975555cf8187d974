/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stddef.h>

#include "sink.h"

/*
 * Passes on the job's records, JSON objects, one a line, and puts "kernel" and
 * "boot" into each.
 */
struct records {
	struct sink *out;	/* NULL: the records are dropped */
	const char *kernel;
	int boot;
	char *line;
	size_t len, size;
};

#define RECORD_MAX	(1024 * 1024)

/* Returns -1, and says which line it is, if a line is not an object. */
int records_put(struct records *r, const char *data, size_t len);

/* To be called after the last byte; returns -1 if a line is unfinished. */
int records_end(struct records *r);
void records_free(struct records *r);

#endif
