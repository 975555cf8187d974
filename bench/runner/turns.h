/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TURNS_H
#define TURNS_H

#include <stdint.h>

#define MAX_KERNELS	16

/*
 * Who is next of n guests that take turns on one CPU. They go in rounds of two
 * turns each: in random order, then in the reverse order, so that whatever
 * drifts evenly over a round hits all of them alike. Turns are numbered from
 * 0, over all guests: round r has the turns from 2 * n * r on.
 */
struct turns {
	int n;
	uint64_t random;	/* state of the random numbers: any seed */
	uint32_t number;	/* of the next turn */
	int order[2 * MAX_KERNELS];
};

/* The guest that takes turn t->number, which is then counted. */
int turns_next(struct turns *t);

#endif
