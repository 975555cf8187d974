/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions of walks over a subject, recorded. */
#ifndef COUNT_H
#define COUNT_H

#include "space/subject.h"

/* Count a walk: in all, and each instruction. */
void count_walk(const struct subject *subject, const struct walk *walk);

/* In all alone. */
void count_total(const struct subject *subject, const struct walk *walk);

#endif
