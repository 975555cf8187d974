// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "space/layout_text.h"

#define SECTIONS_MAX	1000
#define NAME_MAX_LEN	40

const char * const layout_key_names[NR_LAYOUT_KEYS] = {
	[KEY_ABOUT] = "about", [KEY_TIMES] = "times", [KEY_KIND] = "kind",
	[KEY_SIZE] = "size", [KEY_AT] = "at", [KEY_POPULATE] = "populate",
	[KEY_FIRST] = "first", [KEY_EVERY] = "every",
	[KEY_DENSITY] = "density", [KEY_SEED] = "seed", [KEY_TOUCH] = "touch",
	[KEY_PROT] = "prot", [KEY_SHARED] = "shared", [KEY_APART] = "apart",
	[KEY_DROP] = "drop", [KEY_LOCK] = "lock", [KEY_GROWS] = "grows",
	[KEY_RESERVE] = "reserve", [KEY_COPY] = "copy", [KEY_ON] = "on",
	[KEY_PAGE] = "page",
};

void layout_wrong(struct layout_error *error, unsigned long line,
		  const char *key, const char *format, ...)
{
	va_list args;
	int len = 0;

	if (error->found)
		return;
	error->found = true;
	error->line = line;
	if (key)
		len = snprintf(error->text, sizeof(error->text), "%s: ", key);
	va_start(args, format);
	vsnprintf(error->text + len, sizeof(error->text) - len, format, args);
	va_end(args);
}

/* Return @text without blanks at both ends. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	for (len = strlen(text); len && strchr(" \t\r", text[len - 1]); len--)
		;
	text[len] = '\0';
	return text;
}

static enum section_kind kind_of(const char *name)
{
	if (!strcmp(name, "layout"))
		return SECTION_LAYOUT;
	if (!strcmp(name, "repeat"))
		return SECTION_REPEAT;
	return strcmp(name, "end") ? SECTION_MAPPING : SECTION_END;
}

static void cut_section(struct layout_text *text, char *line,
			unsigned long number, struct layout_error *error)
{
	size_t len = strlen(line);
	struct section *new;

	if (len < 3 || len > NAME_MAX_LEN || line[len - 1] != ']') {
		layout_wrong(error, number, NULL, "a section is [NAME], of %d characters at most",
			     NAME_MAX_LEN);
		return;
	}
	if (text->nr == SECTIONS_MAX) {
		layout_wrong(error, number, NULL, "too many sections, at most %d are allowed; [repeat] makes more mappings",
			     SECTIONS_MAX);
		return;
	}
	line[len - 1] = '\0';
	text->sections = xrealloc(text->sections, text->nr + 1, sizeof(*new));
	new = text->sections + text->nr++;
	*new = (struct section){
		.kind = kind_of(line + 1),
		.line = number,
		.name = line + 1,
	};
}

static bool is_allowed(enum section_kind kind, int key)
{
	switch (kind) {
	case SECTION_LAYOUT:
		return key == KEY_ABOUT;
	case SECTION_REPEAT:
		return key == KEY_TIMES;
	case SECTION_END:
		return false;
	default:
		return key != KEY_ABOUT && key != KEY_TIMES;
	}
}

static void name_allowed(enum section_kind kind, char *known, size_t size)
{
	size_t len = 0;
	int key;

	snprintf(known, size, "none");
	for (key = 0; key < NR_LAYOUT_KEYS; key++)
		if (is_allowed(kind, key))
			len += snprintf(known + len, size - len, "%s%s",
					len ? ", " : "", layout_key_names[key]);
}

static int find_key(const struct section *section, const char *name,
		    unsigned long number, struct layout_error *error)
{
	char known[200];
	int key;

	for (key = 0; key < NR_LAYOUT_KEYS; key++)
		if (!strcmp(layout_key_names[key], name) &&
		    is_allowed(section->kind, key))
			return key;
	name_allowed(section->kind, known, sizeof(known));
	layout_wrong(error, number, NULL, "%.40s: no such key in [%s], allowed are: %s",
		     name, section->name, known);
	return -1;
}

static void cut_setting(struct layout_text *text, char *line,
			unsigned long number, struct layout_error *error)
{
	struct section *section;
	char *value = strchr(line, '=');
	int key;

	if (!value || !text->nr) {
		layout_wrong(error, number, NULL, value ?
			     "a key comes before the first [section]" :
			     "a line is [SECTION], KEY=VALUE or # a comment");
		return;
	}
	*value++ = '\0';
	section = text->sections + text->nr - 1;
	key = find_key(section, trim(line), number, error);
	if (key < 0)
		return;
	value = trim(value);
	if (!*value)
		layout_wrong(error, number, layout_key_names[key],
			     "it has no value");
	else if (section->of[key].value)
		layout_wrong(error, number, layout_key_names[key],
			     "it is in line %lu of [%s], too; allowed is one",
			     section->of[key].line, section->name);
	else
		section->of[key] = (struct setting){ number, value };
}

/* Only this may stand in a line, so that a message with it can be printed. */
static bool is_printable(const char *line, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isprint((unsigned char)line[i]) && line[i] != '\t' &&
		    line[i] != '\r')
			return false;
	return true;
}

static void cut_line(struct layout_text *text, char *line, size_t len,
		     unsigned long number, struct layout_error *error)
{
	bool has_nul = memchr(line, '\0', len);
	bool is_plain = !has_nul && is_printable(line, len);
	char *trimmed;

	line[len] = '\0';
	trimmed = trim(line);
	/* A comment may be in any language. */
	if (!has_nul && (!*trimmed || strchr("#;", *trimmed)))
		return;
	if (!is_plain)
		layout_wrong(error, number, NULL, "a byte is no printable ASCII character; those are allowed, and others in comments");
	else if (*trimmed == '[')
		cut_section(text, trimmed, number, error);
	else
		cut_setting(text, trimmed, number, error);
}

void layout_text_cut(struct layout_text *text, const char *bytes, size_t len,
		     struct layout_error *error)
{
	unsigned long number = 1;
	char *line, *end;

	*text = (struct layout_text){ 0 };
	if (len > LAYOUT_TEXT_MAX) {
		layout_wrong(error, 0, NULL, "too large for a layout, at most %d bytes are allowed",
			     LAYOUT_TEXT_MAX);
		return;
	}
	text->bytes = xcalloc(len + 1, 1);
	memcpy(text->bytes, bytes, len);
	text->bytes[len] = '\n';
	for (line = text->bytes; line <= text->bytes + len; line = end + 1) {
		end = memchr(line, '\n', text->bytes + len + 1 - line);
		cut_line(text, line, end - line, number++, error);
	}
	if (!text->nr)
		layout_wrong(error, 0, NULL, "the file has no [section]");
}

void layout_text_free(struct layout_text *text)
{
	free(text->bytes);
	free(text->sections);
	*text = (struct layout_text){ 0 };
}
