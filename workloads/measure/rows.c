// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "measure/rows.h"
#include "out/records.h"
#include "space/layout_file.h"

static const char *walk_name(size_t i)
{
	return i < nr_walks ? walks[i].name : NULL;
}

/* Refuse a @what ("layout" or "walk") that name() does not give. */
static void __attribute__((noreturn))
refuse_name(const char *what, const char *text, const char *(*name)(size_t i))
{
	char known[800] = "";
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

	if (!copy)
		die("no memory for '%s'", text);
	rows.layout = strsep(&names, ":");
	if (!layout_is_known(rows.layout))
		refuse_name("layout", rows.layout, shipped_name);
	if (names)
		rows.walks = parse_walks(names);
	return rows;
}

void layout_record(const struct layout *layout)
{
	struct layout_stats stats = layout_stats(layout);

	record_layout(&(struct layout_record){
		.layout = layout->name,
		.pages = layout->pages,
		.present = stats.present,
		.vmas = layout->nr_regions,
		.huge = stats.huge,
		.tables = stats.tables,
	});
}

int rows_list(int argc, char **argv)
{
	size_t i;

	(void)argc;
	(void)argv;
	for (i = 0; i < nr_shipped; i++)
		printf("%-6s %-17s %s\n", i < nr_standard ? "layout" : "more",
		       shipped_name(i), shipped_about(i));
	for (i = 0; i < nr_walks; i++)
		printf("%s %-17s %s\n", walks[i].by_name ? "reader" : "walk  ",
		       walks[i].name, walks[i].about);
	return 0;
}

int rows_layout(int argc, char **argv)
{
	struct layout_stats stats;
	struct layout layout;

	(void)argc;
	layout_of_file(&layout, argv[1], argv[1]);
	stats = layout_stats(&layout);
	printf("%zu VMAs, %" PRIu64 " pages, %" PRIu64 " present, %" PRIu64
	       " huge pages, %" PRIu64 " PTE tables; a guest has room for %"
	       PRIu64 "\n", layout.nr_regions, layout.pages, stats.present,
	       stats.huge, stats.tables, layout_room(&layout));
	layout_free(&layout);
	return 0;
}
