/* SPDX-License-Identifier: GPL-2.0 */
/* The kinds of memory that a layout file can name. */
#ifndef MEMORY_H
#define MEMORY_H

#include "space/layout.h"

/*
 * Return memory that is like @wanted in all but its name: one of layout.h, or
 * one that is made once, and named after what it is. So two are equal if their
 * addresses are.
 */
const struct memory *memory_like(const struct memory *wanted);

#endif
