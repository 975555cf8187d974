/* SPDX-License-Identifier: GPL-2.0 */
/* All layouts that have a name, one after the other. */
#ifndef EVERY_H
#define EVERY_H

#include <stdbool.h>

#include "space/layout.h"

/* A small layout has few pages, so that a check may build it several times. */
typedef void layout_use(const struct layout *layout, int probe, bool is_small);

void layouts_each(int probe, layout_use *use);

#endif
