// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/util.h"
#include "space/layout_file.h"
#include "space/shipped.h"

#define ENDING		".layout"

const char *shipped_name(size_t i)
{
	return i < nr_shipped ? shipped[i].name : NULL;
}

const char *shipped_about(size_t i)
{
	static char about[200];

	layout_parse_about(shipped[i].start, shipped[i].end - shipped[i].start,
			   about, sizeof(about));
	return about;
}

static void parse_or_refuse(struct layout *layout, const char *path,
			    const char *bytes, size_t len)
{
	struct layout_error error;

	layout_parse(layout, bytes, len, &error);
	if (!error.found)
		return;
	if (error.line)
		refuse("%s:%lu: %s", path, error.line, error.text);
	refuse("%s: %s", path, error.text);
}

void layout_of_file(struct layout *layout, const char *name, const char *path)
{
	char *bytes = xcalloc(LAYOUT_TEXT_MAX + 1, 1);
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file)
		refuse("%s: %s", path, strerror(errno));
	len = fread(bytes, 1, LAYOUT_TEXT_MAX + 1, file);
	if (ferror(file))
		refuse("%s: %s", path, strerror(errno));
	fclose(file);
	*layout = (struct layout){ .name = name, .base = LAYOUT_BASE };
	parse_or_refuse(layout, path, bytes, len);
	free(bytes);
}

static bool users_path(char *path, size_t size, const char *name)
{
	int len = snprintf(path, size, LAYOUTS_FOLDER "%s" ENDING, name);

	return len < (int)size && !strchr(name, '/') && !access(path, R_OK);
}

bool layout_named(struct layout *layout, const char *name)
{
	char path[300];
	size_t i;

	if (users_path(path, sizeof(path), name)) {
		layout_of_file(layout, name, path);
		return true;
	}
	for (i = 0; i < nr_shipped; i++) {
		if (strcmp(shipped[i].name, name))
			continue;
		*layout = (struct layout){ .name = name, .base = LAYOUT_BASE };
		parse_or_refuse(layout, name, shipped[i].start,
				shipped[i].end - shipped[i].start);
		return true;
	}
	return false;
}

bool layout_is_known(const char *name)
{
	char path[300];
	size_t i;

	for (i = 0; i < nr_shipped; i++)
		if (!strcmp(shipped[i].name, name))
			return true;
	return users_path(path, sizeof(path), name);
}
