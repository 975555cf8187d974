/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads in the midst of which something happens. A thread of real-time priority
 * sleeps until some time after the read began. It wakes up in its middle, for a
 * walk lets others run now and then, and has to wait for the lock (mmap_lock).
 * That it did shows in its context switches; only such reads count.
 */
#ifndef U8_INTRUDER_H
#define U8_INTRUDER_H

#include "truth/check.h"

/* What is read while something else happens, and the check of it. */
struct scene {
	struct check *check;
	void (*prepare)(void *arg);
	void (*act)(void *arg);		/* by the thread */
	void (*read)(void *arg);
	void (*compare)(struct check *check, void *arg);
	void *arg;
};

/* Play it until it went as meant several times. */
void play(const struct scene *scene);

#endif
