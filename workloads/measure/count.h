/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions of walks over a subject, recorded. */
#ifndef COUNT_H
#define COUNT_H

#include "space/layout.h"

/* Count each of @walks, bits as in timing.h. */
void count_walks(const struct layout *layout, int pid, int probe,
		 uint32_t walks);

#endif
