/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turns of several kernels on one CPU of the host: /dev/turn (series platform)
 * exists if the runner was given --turns.
 */
#ifndef TURN_H
#define TURN_H

#include <stdint.h>

#define NO_TURN	(-1)

/* Turns in a round, in which each kernel has two. */
#define ROUND_TURNS	2

void turn_open(void);

/*
 * End this kernel's turn and wait for the next one. Return its number, or
 * NO_TURN at once if there are no turns.
 */
int64_t turn_take(void);

#endif
