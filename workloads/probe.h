/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/pagewalk, see linux/pagewalk_probe.h. */
#ifndef PROBE_H
#define PROBE_H

#include <linux/pagewalk_probe.h>
#include <stdint.h>

#define PROBE_DEVICE	"/dev/pagewalk"

/* The device opened, or die with a line that says how to get one. */
int probe_open(void);

/* Return 0 or a negative error number. */
int probe_walk(int probe, struct pagewalk_probe_walk *walk);

/* Populate pages of process @pid by writes, or die. @step as in the header. */
void probe_populate(int probe, int pid, uint64_t start, uint64_t end,
		    uint64_t step);

#endif
