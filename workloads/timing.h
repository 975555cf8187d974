/* SPDX-License-Identifier: GPL-2.0 */
/* Timed walks over a subject, recorded as samples. */
#ifndef TIMING_H
#define TIMING_H

#include "layout.h"

/*
 * Take @samples samples of each walk:
 *
 * pmd_entry	the probe, with pmd_entry() alone: never reaches a PTE
 * pte_entry	the probe, with pte_entry() alone
 * pte_hole	the probe, with pte_hole() and pte_entry(): without an entry
 *		callback a walk does not go below the top-level table
 * smaps	the whole of /proc/PID/smaps
 * pagemap	/proc/PID/pagemap over the first 512 MiB of the layout, or all
 *		of it if it is smaller
 *
 * The probe's walks have hugetlb_entry(), too, everywhere: without it some
 * walkers take a huge page for a corrupt table and clear it.
 */
void time_walks(const struct layout *layout, int pid, int probe,
		unsigned int samples);

#endif
