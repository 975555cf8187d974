/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's pool of huge pages. */
#ifndef POOL_H
#define POOL_H

#include <stdint.h>

/* Have @huge more in it, or die. Return how many it had, for pool_restore(). */
uint64_t pool_add(uint64_t huge);
void pool_restore(uint64_t had);

#endif
