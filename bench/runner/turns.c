// SPDX-License-Identifier: GPL-2.0
#include "turns.h"

/* splitmix64 (Steele, Lea and Flood 2014): any seed will do, 0 included. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void shuffle(struct turns *t)
{
	for (int i = 0; i < t->n; i++) {
		int j = next_random(&t->random) % (i + 1);

		t->order[i] = t->order[j];
		t->order[j] = i;
	}
	for (int i = 0; i < t->n; i++)
		t->order[2 * t->n - 1 - i] = t->order[i];
}

int turns_next(struct turns *t)
{
	int at = t->number++ % (2 * t->n);

	if (!at)
		shuffle(t);
	return t->order[at];
}
