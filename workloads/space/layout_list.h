/* SPDX-License-Identifier: GPL-2.0 */
/* The values of a layout file: lists of numbers, ranges of pages, words. */
#ifndef LAYOUT_LIST_H
#define LAYOUT_LIST_H

#include <stdint.h>

#include "space/layout_text.h"

#define LIST_MAX	64	/* items */

/* "1..16,0*29": numbers that come one after the other, and then again. */
struct list {
	size_t nr;
	uint64_t length;	/* numbers until the first comes again */
	struct {
		uint64_t first, last, times;
	} items[LIST_MAX];
};

/* What a number may be, and whether it is of pages, with a unit. */
struct bounds {
	uint64_t min, max;
	bool pages;
};

/* Read a key; without it, the list is @otherwise alone. */
void list_read(struct list *list, const struct section *section,
	       enum layout_key key, const struct bounds *bounds,
	       uint64_t otherwise, struct layout_error *error);
/* Return the number of mapping @i. */
uint64_t list_at(const struct list *list, uint64_t i);

/* "0-99,120": ascending, the last page included. */
struct spans {
	size_t nr;
	struct {
		uint64_t first, last;
	} of[LIST_MAX];
};

void spans_read(struct spans *spans, const struct section *section,
		enum layout_key key, struct layout_error *error);

/* Return the place of the value among @nr words, or @otherwise without it. */
int word_read(const struct section *section, enum layout_key key,
	      const char * const *words, size_t nr, int otherwise,
	      struct layout_error *error);

#endif
