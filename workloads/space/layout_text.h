/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text of a layout file (docs/layouts.md), cut into sections and keys. It
 * asks nobody for anything, so it runs on the host, too.
 */
#ifndef LAYOUT_TEXT_H
#define LAYOUT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum layout_key {
	KEY_ABOUT, KEY_TIMES, KEY_KIND, KEY_SIZE, KEY_AT, KEY_POPULATE,
	KEY_FIRST, KEY_EVERY, KEY_DENSITY, KEY_SEED, KEY_TOUCH, KEY_PROT,
	KEY_SHARED, KEY_APART, KEY_DROP, KEY_LOCK, KEY_GROWS, KEY_RESERVE,
	KEY_COPY, KEY_ON, KEY_PAGE,
	NR_LAYOUT_KEYS
};

/* The first thing that is wrong, if anything is: line 0 is the whole file. */
struct layout_error {
	bool found;
	unsigned long line;
	char text[300];		/* "size: what is wrong, what is allowed" */
};

/* Note what is wrong with a key, or with a section if @key is NULL. */
void layout_wrong(struct layout_error *error, unsigned long line,
		  const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

enum section_kind { SECTION_LAYOUT, SECTION_REPEAT, SECTION_END, SECTION_MAPPING };

struct setting {
	unsigned long line;
	const char *value;	/* NULL: not there */
};

struct section {
	enum section_kind kind;
	unsigned long line;
	const char *name;
	struct setting of[NR_LAYOUT_KEYS];
};

struct layout_text {
	char *bytes;
	size_t nr;
	struct section *sections;
};

#define LAYOUT_TEXT_MAX	(1 << 16)	/* bytes of a file */

extern const char * const layout_key_names[NR_LAYOUT_KEYS];

/* Cut @len bytes, of which it takes a copy. Without an error there is a section. */
void layout_text_cut(struct layout_text *text, const char *bytes, size_t len,
		     struct layout_error *error);
void layout_text_free(struct layout_text *text);

#endif
