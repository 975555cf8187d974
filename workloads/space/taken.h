/* SPDX-License-Identifier: GPL-2.0 */
/* What a layout needs of the kernel while it is there. */
#ifndef TAKEN_H
#define TAKEN_H

#include "space/layout.h"

/* Return what kind of huge pages it needs that this kernel has not, or NULL. */
const char *layout_lacks(const struct layout *layout);

/* Refuse a layout that there cannot be, or have what it needs. */
void layout_take(const struct layout *layout);
void layout_give_back(const struct layout *layout);

#endif
