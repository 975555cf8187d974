/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's pool of huge pages. */
#ifndef POOL_H
#define POOL_H

#include <stdint.h>

/* Add @huge huge pages, or die. Return how many there were. */
uint64_t pool_add(uint64_t huge);
void pool_restore(uint64_t had);

#endif
