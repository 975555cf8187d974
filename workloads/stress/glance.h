/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A glance reads one file of a process that others have made, of which nothing
 * is known, while it runs. It finds only what cannot be, whatever the process
 * does. A process may end meanwhile.
 */
#ifndef GLANCE_H
#define GLANCE_H

#include "truth/check.h"

struct glances {
	uint64_t reads;
	struct check check;
};

void glance_maps(int pid, struct glances *glances);
void glance_smaps(int pid, struct glances *glances);
void glance_rollup(int pid, struct glances *glances);
void glance_pagemap(int pid, struct glances *glances);
void glance_scan(int pid, struct glances *glances);
void glance_clear_refs(int pid, struct glances *glances);
/* This one needs a process that stands still. */
void compare_still(int pid, struct glances *glances);

/* Open a file of a process, or return -1 if the process has ended. */
int glance_open(int pid, const char *name, int flags);

#endif
