/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A layout with small VMAs of every kind of memory next to each other: of files
 * and none, private and shared, read and written, and huge pages.
 */
#ifndef KINDS_H
#define KINDS_H

#include "space/layout.h"

struct kinds {
	struct layout layout;
	int full, empty;	/* files with all pages cached, and with none */
};

void kinds_describe(struct kinds *kinds);
void kinds_free(struct kinds *kinds);

#endif
