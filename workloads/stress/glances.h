/* SPDX-License-Identifier: GPL-2.0 */
/* All kinds of glances, and what they have found so far. */
#ifndef GLANCES_H
#define GLANCES_H

#include <stddef.h>

#define NR_KINDS_OF_GLANCE	7
#define GLANCE_STILL		(NR_KINDS_OF_GLANCE - 1)	/* needs a process that stands still */

void glance_take(size_t kind, int pid);
/* Record what they found about a command, and its wait status. */
void glances_record(const char *name, int status);

#endif
