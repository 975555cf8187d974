/* SPDX-License-Identifier: GPL-2.0 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "plan.h"
#include "turns.h"

/* What the command line of umrun asks for. */
struct options {
	struct kernel kernels[MAX_KERNELS];
	int nr_kernels;
	int consoles[MAX_KERNELS];	/* descriptors, in the order given */
	int nr_consoles;
	unsigned long boots;
	int records_fd;		/* -1: none */
	int stderr_fd;		/* for that of the job */
	bool timeout_given;
	bool takes_turns;
	struct turns turns;
	struct plan plan;	/* the part that the command line gives */
};

/* Does not return if the options make no sense or ask for no boot (--help). */
void options_parse(struct options *o, int argc, char **argv);

#endif
