/* SPDX-License-Identifier: GPL-2.0 */
/* Time walks over a subject, and record samples. */
#ifndef TIMING_H
#define TIMING_H

#include "space/subject.h"

/*
 * Take @samples samples of a walk, each in a turn of its own. An interrupt, a
 * cold cache or another process makes a walk slower, never faster. So a sample
 * has many short parts, and its cycles are such that a tenth of the parts are
 * faster. This is close to the undisturbed time, and does not rest on a single
 * lucky part. The mean of the parts tells how much the walks were disturbed.
 */
void time_walk(const struct subject *subject, const struct walk *walk,
	       unsigned int samples);

/* Take samples of a walk over @layout that is open. */
void time_run(const char *layout, struct walk_run *run, unsigned int samples);

#endif
