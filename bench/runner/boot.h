/* SPDX-License-Identifier: GPL-2.0 */
#ifndef BOOT_H
#define BOOT_H

#include "outcome.h"

struct kernel;
struct plan;
struct turns;

struct boot_result boot_once(const struct plan *plan, const struct kernel *k,
			     int index);

/*
 * Boot @n kernels at once and let them take turns, on one CPU; @results has
 * room for all. When one fails, the others are interrupted.
 */
void boot_together(const struct plan *plan, const struct kernel *kernels,
		   int n, int index, struct turns *turns,
		   struct boot_result *results);

#endif
