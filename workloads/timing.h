/* SPDX-License-Identifier: GPL-2.0 */
/* Timed walks over a subject, recorded as samples. */
#ifndef TIMING_H
#define TIMING_H

#include "layout.h"

/*
 * Take @samples samples of each walk:
 *
 * pmd_entry, pte_entry, pte_hole	by the probe, see probe.h
 * smaps	the whole of /proc/PID/smaps
 * pagemap	/proc/PID/pagemap over the first 512 MiB of the layout, or all
 *		of it if it is smaller
 */
void time_walks(const struct layout *layout, int pid, int probe,
		unsigned int samples);

#endif
