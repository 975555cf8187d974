/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turns on the host's CPU, which several kernels share: /dev/turn (series
 * platform), which is there if the runner was given --turns.
 */
#ifndef TURN_H
#define TURN_H

#include <stdint.h>

#define NO_TURN	(-1)

/* Turns in a round: each kernel has its two before any has its next. */
#define ROUND_TURNS	2

void turn_open(void);

/*
 * End this kernel's turn and wait for the next one; return its number, or
 * NO_TURN at once if no turns are taken.
 */
int64_t turn_take(void);

#endif
