/* SPDX-License-Identifier: GPL-2.0 */
/* Count the instructions of walks over a subject, and record them. */
#ifndef COUNT_H
#define COUNT_H

#include "space/subject.h"

/* Count a walk, in all and by instruction. */
void count_walk(const struct subject *subject, const struct walk *walk);

/* Count a walk in all only. */
void count_total(const struct subject *subject, const struct walk *walk);

#endif
