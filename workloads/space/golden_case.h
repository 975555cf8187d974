/* SPDX-License-Identifier: GPL-2.0 */
/* A case of a file of recorded walks. Addresses are counted in pages. */
#ifndef GOLDEN_CASE_H
#define GOLDEN_CASE_H

#include <linux/pagewalk_probe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "space/layout.h"

#define GOLDEN_MAX_VMAS		64
#define GOLDEN_MAX_RANGES	1024

struct golden_vma {
	uint64_t start;
	uint64_t end;
	enum kind kind;
};

struct golden_range {
	uint64_t start;
	uint64_t end;
};

struct golden_case {
	char name[128];
	size_t nr_vmas;
	struct golden_vma vmas[GOLDEN_MAX_VMAS];
	size_t nr_populate;
	struct golden_range populate[GOLDEN_MAX_RANGES];
	struct golden_range range;
	uint32_t callbacks;
	uint32_t test_walk;
	uint64_t stop_at;
	int32_t stop_code;
};

struct golden_file {
	FILE *stream;
	const char *path;
	unsigned long line;
};

/* Open, or die. */
void golden_open(struct golden_file *file, const char *path);
/* The next case, or false at the end; dies where the file is malformed. */
bool golden_next(struct golden_file *file, struct golden_case *next);
void golden_close(struct golden_file *file);

#endif
