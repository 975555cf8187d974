/* SPDX-License-Identifier: GPL-2.0 */
/* What a section of a layout file says of its mappings, key by key. */
#ifndef LAYOUT_MAPPING_H
#define LAYOUT_MAPPING_H

#include "space/layout.h"
#include "space/layout_list.h"
#include "space/layout_text.h"

/* A kind of memory, and what it may have beside a size and a place. */
struct kind {
	const char *name;
	const struct memory *memory;	/* NULL: a hole */
	unsigned int keys;
	unsigned int touches;		/* of enum content */
};

/* A section that was read. Which mapping it is of the section is not known. */
struct mapping {
	const struct section *section;
	const struct kind *kind;
	const struct memory *memory;
	struct list size, at, first, every, density, seed;
	bool all;		/* populate=all */
	struct spans spans;	/* or these */
	struct spans drop, copy;
};

/* Read a section, and refuse what cannot be had or has no truth that is known. */
void mapping_read(struct mapping *mapping, const struct section *section,
		  struct layout_error *error);
/* Note what is wrong with a key of a section, which has it. */
void wrong_key(const struct section *section, enum layout_key key,
	       struct layout_error *error, const char *why);

#endif
