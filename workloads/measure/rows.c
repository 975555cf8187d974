// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "measure/rows.h"

static const char *layout_name(size_t i)
{
	return i < nr_builtins ? builtins[i].name : NULL;
}

static const char *walk_name(size_t i)
{
	return i < nr_walks ? walks[i].name : NULL;
}

/* Refuse a @what ("layout" or "walk") that name() does not give. */
static void __attribute__((noreturn))
refuse_name(const char *what, const char *text, const char *(*name)(size_t i))
{
	char known[400] = "";
	size_t i, len = 0;

	for (i = 0; name(i) && len < sizeof(known); i++)
		len += snprintf(known + len, sizeof(known) - len, "%s%s",
				i ? ", " : "", name(i));
	refuse("no %s '%s': there are %s", what, text, known);
}

static uint32_t walks_without_name(void)
{
	uint32_t found = 0;
	size_t i;

	for (i = 0; i < nr_walks; i++)
		if (!walks[i].by_name)
			found |= UINT32_C(1) << i;
	return found;
}

static uint32_t parse_walks(char *names)
{
	const struct walk *walk;
	uint32_t found = 0;
	char *name;

	while ((name = strsep(&names, ","))) {
		walk = walk_find(name);
		if (!walk)
			refuse_name("walk", name, walk_name);
		found |= UINT32_C(1) << (walk - walks);
	}
	return found;
}

struct rows rows_parse(const char *text)
{
	char *copy = strdup(text), *names = copy;
	struct rows rows = { .walks = walks_without_name() };
	char *layout;

	if (!copy)
		die("no memory for '%s'", text);
	layout = strsep(&names, ":");
	rows.builtin = builtin_find(layout);
	if (!rows.builtin)
		refuse_name("layout", layout, layout_name);
	if (names)
		rows.walks = parse_walks(names);
	free(copy);
	return rows;
}

int rows_list(int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < nr_builtins; i++)
		printf("layout %-13s %s\n", builtins[i].name, builtins[i].about);
	for (i = 0; i < nr_walks; i++)
		printf("%s %-13s %s\n", walks[i].by_name ? "reader" : "walk  ",
		       walks[i].name, walks[i].about);
	return 0;
}
