/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A pass reads all that a file, an ioctl or a system call says of the ledger's
 * address space, in reads of a given size. Between two reads something changes,
 * always. At its end, what was read is compared with all that stood meanwhile.
 */
#ifndef PASS_H
#define PASS_H

#include "stress/ledger.h"
#include "truth/check.h"

/* What all passes of a kind have found. */
struct tally {
	uint64_t passes, reads;
	uint64_t changed;	/* passes during which something changed */
	uint64_t torn;		/* that show VMAs as they never were at once */
	uint64_t twice;		/* VMAs that begin before the last one ended */
	struct check check;
};

struct pass {
	const char *reader;	/* of a file, also its name */
	size_t size;		/* of a read: bytes, entries, regions or pages */
	const struct ledger *ledger;
	int pid;
	struct tally *tally;
	uint64_t since;		/* the time when it began... */
	uint64_t until;		/* ...and when its last read ended */
	struct look *before, *after;	/* what all pages were then, and are now */
};

struct kind_of_pass {
	const char *reader;
	size_t size;
	void (*run)(struct pass *pass);
	bool of_self;		/* only the process itself can do it */
};

#define NR_KINDS_OF_PASS	15

extern const struct kind_of_pass kinds_of_pass[NR_KINDS_OF_PASS];

/* Run a pass of each kind over @pid, which is this process if it is 0. */
void run_passes(const struct ledger *ledger, int pid, struct tally *tallies);

/* For passes: begin, count a read and have others change something, end. */
void pass_begin(struct pass *pass);
void pass_read(struct pass *pass);
void pass_end(struct pass *pass);

static inline uint64_t pass_pages(const struct pass *pass)
{
	return pass->ledger->layout->pages;
}

struct truth pass_truth(const struct pass *pass, uint64_t page);
uint64_t pass_address(const struct pass *pass, uint64_t page);

void pass_text(struct pass *pass);
void pass_rollup(struct pass *pass);
void pass_pagemap(struct pass *pass);
void pass_scan(struct pass *pass);
void pass_mincore(struct pass *pass);

#endif
