// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "space/layout_list.h"

#define NUMBER_MAX	(UINT64_C(1) << 40)
#define LENGTH_MAX	(UINT64_C(1) << 20)

/* A value that is being read. */
struct reader {
	const char *at;
	unsigned long line;
	const char *key;
	struct layout_error *error;
};

static struct reader reader_of(const struct section *section,
			       enum layout_key key, struct layout_error *error)
{
	return (struct reader){
		.at = section->of[key].value,
		.line = section->of[key].line,
		.key = layout_key_names[key],
		.error = error,
	};
}

static void tell_bounds(struct reader *reader, const char *text,
			const struct bounds *bounds)
{
	layout_wrong(reader->error, reader->line, reader->key,
		     "'%.40s' is not allowed: a number from %" PRIu64 " to %" PRIu64 "%s is",
		     text, bounds->min, bounds->max, bounds->pages ?
		     ", of pages, or whole pages with k, m, g or t," : "");
}

/* Read digits, without blanks or a sign. */
static bool read_digits(struct reader *reader, uint64_t *number)
{
	char *end;

	if (*reader->at < '0' || *reader->at > '9')
		return false;
	errno = 0;
	*number = strtoull(reader->at, &end, 10);
	reader->at = end;
	return !errno && *number <= NUMBER_MAX;
}

/* Turn a number with a unit, if there is one, to pages. */
static bool read_unit(struct reader *reader, uint64_t *number)
{
	static const char units[] = "kmgt";
	const char *unit = *reader->at ? strchr(units, *reader->at) : NULL;
	unsigned int shift;

	if (!unit)
		return true;
	reader->at++;
	shift = 10 * (unit - units + 1);
	if (*number > UINT64_MAX >> shift)
		return false;
	*number <<= shift;
	if (*number % PAGE_SIZE)
		return false;
	*number /= PAGE_SIZE;
	return true;
}

static uint64_t read_number(struct reader *reader, const struct bounds *bounds)
{
	const char *text = reader->at;
	uint64_t number = 0;

	if (!read_digits(reader, &number) ||
	    (bounds->pages && !read_unit(reader, &number)) ||
	    number < bounds->min || number > bounds->max)
		tell_bounds(reader, text, bounds);
	return number;
}

static bool reader_skips(struct reader *reader, const char *what)
{
	size_t len = strlen(what);

	if (strncmp(reader->at, what, len))
		return false;
	reader->at += len;
	return true;
}

static void read_item(struct reader *reader, struct list *list,
		      const struct bounds *bounds)
{
	static const struct bounds times = { 1, LENGTH_MAX, false };
	uint64_t first = read_number(reader, bounds), last = first, n = 1;
	const char *text = reader->at;

	if (reader_skips(reader, ".."))
		last = read_number(reader, bounds);
	if (reader_skips(reader, "*"))
		n = read_number(reader, &times);
	if (reader->error->found)
		return;
	if (last < first || last - first >= LENGTH_MAX) {
		layout_wrong(reader->error, reader->line, reader->key,
			     "'%.40s' does not ascend, or is too long", text);
		return;
	}
	list->items[list->nr].first = first;
	list->items[list->nr].last = last;
	list->items[list->nr++].times = n;
	list->length += (last - first + 1) * n;
}

/* Go on behind a comma; at any other place the value has to end. */
static bool has_more(struct reader *reader, size_t nr)
{
	if (reader->error->found || !*reader->at)
		return false;
	if (!reader_skips(reader, ","))
		layout_wrong(reader->error, reader->line, reader->key,
			     "'%.40s' is not understood; allowed are numbers, and lists as in 1,5..9,0*3",
			     reader->at);
	else if (nr == LIST_MAX)
		layout_wrong(reader->error, reader->line, reader->key,
			     "the list is too long, at most %d items are allowed",
			     LIST_MAX);
	return !reader->error->found;
}

void list_read(struct list *list, const struct section *section,
	       enum layout_key key, const struct bounds *bounds,
	       uint64_t otherwise, struct layout_error *error)
{
	struct reader reader = reader_of(section, key, error);

	*list = (struct list){ 0 };
	if (!reader.at) {
		list->items[0].first = otherwise;
		list->items[0].last = otherwise;
		list->items[0].times = 1;
		list->nr = 1;
		list->length = 1;
		return;
	}
	do {
		read_item(&reader, list, bounds);
	} while (has_more(&reader, list->nr));
}

uint64_t list_at(const struct list *list, uint64_t i)
{
	uint64_t numbers, length;
	size_t n;

	i %= list->length;
	for (n = 0; ; n++) {
		numbers = list->items[n].last - list->items[n].first + 1;
		length = numbers * list->items[n].times;
		if (i < length)
			return list->items[n].first + i % numbers;
		i -= length;
	}
}

void spans_read(struct spans *spans, const struct section *section,
		enum layout_key key, struct layout_error *error)
{
	struct reader reader = reader_of(section, key, error);
	struct bounds bounds = { 0, NUMBER_MAX, false };

	*spans = (struct spans){ 0 };
	do {
		uint64_t first = read_number(&reader, &bounds), last = first;

		if (reader_skips(&reader, "-"))
			last = read_number(&reader, &bounds);
		if (last < first)
			layout_wrong(error, reader.line, reader.key,
				     "%" PRIu64 "-%" PRIu64 " does not ascend",
				     first, last);
		spans->of[spans->nr].first = first;
		spans->of[spans->nr++].last = last;
		bounds.min = last + 1;
	} while (has_more(&reader, spans->nr));
}

int word_read(const struct section *section, enum layout_key key,
	      const char * const *words, size_t nr, int otherwise,
	      struct layout_error *error)
{
	const struct setting *setting = section->of + key;
	char known[200] = "";
	size_t i, len = 0;

	if (!setting->value)
		return otherwise;
	for (i = 0; i < nr; i++) {
		if (!strcmp(words[i], setting->value))
			return i;
		len += snprintf(known + len, sizeof(known) - len, "%s%s",
				i ? ", " : "", words[i]);
	}
	layout_wrong(error, setting->line, layout_key_names[key],
		     "'%.40s' is not allowed: %s %s", setting->value, known,
		     nr > 1 ? "are" : "is");
	return otherwise;
}
