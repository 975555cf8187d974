/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TURNS_H
#define TURNS_H

#include <stdint.h>

#define MAX_KERNELS	16

/*
 * The order in which n guests take turns on one CPU. In a round each guest has
 * two turns: they go in a random order, then in its reverse. So a drift that is
 * even over a round hits all of them alike. Turns are numbered from 0, over all
 * guests; round r begins with turn 2 * n * r.
 */
struct turns {
	int n;
	uint64_t random;	/* state of the random numbers; any seed will do */
	uint32_t number;	/* of the next turn */
	int order[2 * MAX_KERNELS];
};

/* Returns the guest that takes turn t->number, and counts the turn. */
int turns_next(struct turns *t);

#endif
