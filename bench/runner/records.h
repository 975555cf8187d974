/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stddef.h>

#include "sink.h"

/*
 * The job's records on their way out: JSON objects, one a line, each of which
 * gets "kernel" and "boot" spliced in.
 */
struct records {
	struct sink *out;	/* NULL: nobody asked for them */
	const char *kernel;
	int boot;
	char *line;
	size_t len, size;
};

#define RECORD_MAX	(1024 * 1024)

/* 0, or -1 after saying which line is not an object. */
int records_put(struct records *r, const char *data, size_t len);

/* After the last byte: -1 if a line was left unfinished. */
int records_end(struct records *r);
void records_free(struct records *r);

#endif
