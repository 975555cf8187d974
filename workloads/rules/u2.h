/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of U2. */
#ifndef U2_H
#define U2_H

#include "rules/rule.h"

/* The line of a VMA says which file it maps, and from where on. */
void check_file_of_vma(struct rule_run *run);

#endif
