/* SPDX-License-Identifier: GPL-2.0 */
/* What a layout needs of the kernel while it is there. */
#ifndef TAKEN_H
#define TAKEN_H

#include "space/layout.h"

/* Refuse a layout that there cannot be, or have what it needs. */
void layout_take(const struct layout *layout);
void layout_give_back(const struct layout *layout);

#endif
