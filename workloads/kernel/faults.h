/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Allocations of the kernel that fail, one at a time: see fail-nth in
 * Documentation/fault-injection/fault-injection.rst.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>

/* Have any allocation be one that can fail, or die. */
void faults_prepare(void);

/* Have the @nth allocation fail that the kernel makes for this process. */
void faults_arm(unsigned int nth);
/* Have no more fail. Tell whether there was one. */
bool faults_disarm(void);

#endif
