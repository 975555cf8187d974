// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "space/golden_case.h"

/* More pages than any address space has; in bytes they fit into 64 bits. */
#define MAX_PAGE	(UINT64_C(1) << 48)

struct parser {
	const char *path;
	unsigned long line;
	size_t nr;
	struct golden_case *cases;	/* the last one may be unfinished */
	bool within;			/* the last case is unfinished */
};

static void __attribute__((noreturn))
malformed(const struct parser *parser, const char *why)
{
	refuse("%s:%lu: %s", parser->path, parser->line, why);
}

/* Return the next word of *@text. */
static char *next_word(const struct parser *parser, char **text)
{
	char *found = strsep(text, " ");

	if (!found || !*found)
		malformed(parser, "a word is missing");
	return found;
}

static int64_t next_number(const struct parser *parser, char **text, int64_t min,
			   int64_t max)
{
	const char *digits = next_word(parser, text);
	int64_t n;
	char *end;

	errno = 0;
	n = strtoll(digits, &end, 10);
	if (errno || *end || n < min || n > max)
		malformed(parser, "a number is malformed or too large");
	return n;
}

static uint64_t page(const struct parser *parser, char **text)
{
	return next_number(parser, text, 0, MAX_PAGE);
}

static void parse_case(struct parser *parser, char *text)
{
	struct golden_case *new;
	const char *name = next_word(parser, &text);

	parser->cases = xrealloc(parser->cases, parser->nr + 1,
				 sizeof(*parser->cases));
	new = parser->cases + parser->nr++;
	*new = (struct golden_case){ 0 };
	if (strlen(name) >= sizeof(new->name))
		malformed(parser, "the name of the case is too long");
	strcpy(new->name, name);
	parser->within = true;
}

/*
 * Anonymous neighbours would merge, so every other one is kept apart. PFNMAP is
 * mapped by faults, so that only the listed pages are present.
 */
static const struct memory *memory(const struct parser *parser,
				   const char *name, size_t region)
{
	if (!strcmp(name, "anon"))
		return region % 2 ? &mem_anon_apart : &mem_anon;
	if (!strcmp(name, "pfnmap"))
		return &mem_pfnmap_fault;
	if (!strcmp(name, "hugetlb"))
		return &mem_hugetlb;
	malformed(parser, "a VMA is anon, pfnmap or hugetlb");
}

static void parse_vma(struct parser *parser, char *text)
{
	struct layout *layout = &parser->cases[parser->nr - 1].layout;
	uint64_t start = page(parser, &text), end = page(parser, &text);
	const struct memory *of = memory(parser, next_word(parser, &text),
					 layout->nr_regions);
	const char *why;

	if (start < layout->pages || end <= start)
		malformed(parser, "VMAs do not ascend");
	layout_hole(layout, start - layout->pages);
	why = layout_cannot(layout, of, end - start);
	if (why)
		malformed(parser, why);
	layout_vma(layout, of, end - start);
}

static void parse_populate(struct parser *parser, char *text)
{
	struct layout *layout = &parser->cases[parser->nr - 1].layout;
	uint64_t first = page(parser, &text), end = page(parser, &text);
	struct region *region = (struct region *)layout_at(layout, first).region;
	uint64_t unit;

	if (!region || end <= first || end > region->start + region->pages)
		malformed(parser, "what is populated lies in no VMA");
	unit = region_unit(region);
	first -= region->start;
	end -= region->start;
	if (first % unit || end % unit)
		malformed(parser, "half a huge page cannot be populated");
	region_populate(region, first / unit, end / unit, 1);
}

static uint32_t callback_bit(const struct parser *parser, const char *name)
{
	int i = name_find(callback_names, PAGEWALK_PROBE_NR_CALLBACKS, name);

	if (i < 0)
		malformed(parser, "there is no such callback");
	return UINT32_C(1) << i;
}

static uint32_t policy_named(const struct parser *parser, const char *name)
{
	int i = name_find(policy_names, PAGEWALK_PROBE_NR_TESTS, name);

	if (i < 0)
		malformed(parser, "there is no such policy of test_walk()");
	return i;
}

static void parse_walk(struct parser *parser, char *text)
{
	struct golden_case *golden = parser->cases + parser->nr - 1;
	char *names;

	golden->start = page(parser, &text);
	golden->end = page(parser, &text);
	golden->test_walk = policy_named(parser, next_word(parser, &text));
	golden->stop_at = next_number(parser, &text, 0, INT64_MAX);
	golden->stop_code = next_number(parser, &text, INT32_MIN, INT32_MAX);
	names = next_word(parser, &text);
	while (names)
		golden->callbacks |= callback_bit(parser, strsep(&names, ","));
	parser->within = false;
}

static void parse_line(struct parser *parser, char *line)
{
	static const struct {
		const char *keyword;
		bool within;		/* in a case */
		void (*parse)(struct parser *parser, char *text);
	} kinds[] = {
		{ "case", false, parse_case },
		{ "vma", true, parse_vma },
		{ "populate", true, parse_populate },
		{ "walk", true, parse_walk },
	};
	const char *keyword = strsep(&line, " ");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(keyword, kinds[i].keyword))
			continue;
		if (parser->within != kinds[i].within)
			malformed(parser, "a case is 'case', then 'vma' and 'populate', then 'walk'");
		kinds[i].parse(parser, line);
		return;
	}
	malformed(parser, "a line begins with 'case', 'vma', 'populate' or 'walk'");
}

struct golden_case *golden_read(const char *path, size_t *nr)
{
	struct parser parser = { .path = path };
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	if (!file)
		refuse("%s: %s", path, strerror(errno));
	while ((len = getline(&line, &size, file)) > 0) {
		parser.line++;
		line[len - (line[len - 1] == '\n')] = '\0';
		parse_line(&parser, line);
	}
	if (ferror(file))
		refuse("%s: %s", path, strerror(errno));
	if (parser.within)
		refuse("%s: ends within case %s", path,
		       parser.cases[parser.nr - 1].name);
	free(line);
	fclose(file);
	for (*nr = 0; *nr < parser.nr; ++*nr)	/* they do not move any more */
		parser.cases[*nr].layout.name = parser.cases[*nr].name;
	return parser.cases;
}

void golden_free(struct golden_case *cases, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		layout_free(&cases[i].layout);
	free(cases);
}
