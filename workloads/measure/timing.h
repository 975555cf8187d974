/* SPDX-License-Identifier: GPL-2.0 */
/* Timed walks over a subject, recorded as samples. */
#ifndef TIMING_H
#define TIMING_H

#include "space/subject.h"

/*
 * Take @samples samples of a walk, each in a turn of its own. What disturbs a
 * walk, an interrupt, a cold cache, another process, makes it slower, never
 * faster. So a sample has many short parts, and its cycles are those of the
 * part that a tenth of them are faster than: close to the time without
 * disturbance, and no single lucky one. How much longer its parts are on
 * average tells how much the walks were disturbed.
 */
void time_walk(const struct subject *subject, const struct walk *walk,
	       unsigned int samples);

/* The same of one that is open. @layout: what it is over. */
void time_run(const char *layout, struct walk_run *run, unsigned int samples);

#endif
