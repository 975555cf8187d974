/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each page of an address space is, by what its process did, while threads
 * of it change it and others read about it. A page that has not changed since a
 * reader began has to be in what was read, as it is.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "space/layout.h"

/* What a page is. Advice splits VMAs, too, and stands in smaps alone. */
struct now {
	bool mapped, populated;
	uint8_t prot, advice;	/* as mprotect() and madvise() take them */
};

struct entry {
	struct now now;
	bool busy;		/* it changes at present */
	uint64_t stamp;		/* the time of the last change */
};

/* Shared by all that change or read. */
struct ledger {
	const struct layout *layout;	/* the VMAs that stay */
	uint64_t clock;			/* goes on with each change */
	bool over;			/* nothing changes any more */
	struct entry entries[];		/* of each page of the layout */
};

/* Make one that says what is true before the first change. */
struct ledger *ledger_new(const struct layout *layout);

/* A change of pages begins; then it ends, and the entries are as it left them. */
void ledger_begin(struct ledger *ledger, uint64_t first, uint64_t end);
void ledger_end(struct ledger *ledger, uint64_t first, uint64_t end);

uint64_t ledger_clock(const struct ledger *ledger);
/* Let others run until something has changed, or nothing ever will. */
void ledger_wait(const struct ledger *ledger);

/* What a reader knows of a page. */
struct look {
	struct now now;
	bool busy;		/* it changes, so that nothing is known */
	bool stands;		/* it is so, and has been so since then */
};

/* Look at all pages. */
void ledger_look(const struct ledger *ledger, uint64_t since,
		 struct look *looks);
/* Return the truth about a page that stands. */
struct truth look_truth(const struct layout *layout, uint64_t page,
			const struct look *look);

#endif
