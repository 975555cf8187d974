/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process whose every page is known: what it is, and how many processes have
 * it. It has no memory but that of family_pieces, and one page of code.
 */
#ifndef U11_FAMILY_H
#define U11_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/rule.h"
#include "space/resident.h"

enum family_source {
	FAMILY_ANON, FAMILY_SHMEM, FAMILY_RAMFS, FAMILY_HUGETLB,
};

/* What it needs of the kernel and the guest. */
enum family_needs { NEEDS_NOTHING, NEEDS_SWAP, NEEDS_KSM };

/*
 * One VMA. Places are in pages from RULE_BASE; all that is counted is in its own
 * pages, which are huge ones of hugetlb.
 */
struct family_piece {
	const char *name;
	enum family_source source;
	bool shared;
	uint64_t start, pages;
	uint64_t there;		/* pages of memory that are mapped */
	uint64_t sharers;	/* how many processes have each of them */
	uint64_t clean, referenced, lazy;	/* how many of them are */
	uint64_t zero, poisoned;	/* pages that are, and no page of memory */
	uint64_t out;		/* pages that are swapped out... */
	uint64_t out_sharers;	/* ...and how many processes have each of them */
	uint64_t merged;	/* how many of those that are there KSM has merged */
	enum family_needs needs;
	bool locked;
	const char *flags;	/* VmFlags beside those of its rights and kind */
};

/* Without what it needs of the kernel, a piece has no pages. */
extern struct family_piece family_pieces[];
extern const size_t nr_family_pieces;

#define FAMILY_PAGES	UINT64_C(6144)	/* from RULE_BASE on */

struct family {
	int pid;		/* the process; it is stopped */
	struct resident third;
	int shmem, ramfs;
	uint64_t pool;
};

/* Return what a piece needs and this kernel does not have, or NULL. */
const char *family_missing(const struct family_piece *piece);

/* This process is the second that has the memory. */
void family_start(struct family *family);
void family_stop(struct family *family);

#endif
