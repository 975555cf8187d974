/* SPDX-License-Identifier: GPL-2.0 */
/* A layout in this process's own memory: mincore() can look at no other. */
#ifndef OWN_H
#define OWN_H

#include "space/layout.h"

/* Map and populate it, or die. One at a time. */
void own_map(const struct layout *layout, int probe);
void own_unmap(const struct layout *layout);

#endif
