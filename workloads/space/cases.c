// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/probe.h"
#include "kernel/scan.h"
#include "kernel/util.h"
#include "space/cases.h"
#include "space/memory.h"

/* More pages than any address space has; in bytes they fit into 64 bits. */
#define MAX_PAGE	(UINT64_C(1) << 48)
#define MAX_REGIONS	512

struct parser {
	const char *path;
	unsigned long line;
	size_t nr;
	struct try_case *cases;
};

#define ORDER	"a case is 'case', then 'vma' and 'populate', then what is asked"

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

static struct try_case *last_case(const struct parser *parser)
{
	return parser->cases + parser->nr - 1;
}

/* A case begins, ends, or has an address space ahead of what is asked of it. */
static void expect_asks(const struct parser *parser, bool asks)
{
	if (parser->nr && !last_case(parser)->nr_asks == asks)
		malformed(parser, ORDER);
}

static void parse_case(struct parser *parser, char *text)
{
	struct try_case *new;
	const char *name = next_word(parser, &text);

	expect_asks(parser, true);
	parser->cases = xrealloc(parser->cases, parser->nr + 1,
				 sizeof(*parser->cases));
	new = parser->cases + parser->nr++;
	*new = (struct try_case){ 0 };
	if (strlen(name) >= sizeof(new->name))
		malformed(parser, "the name of the case is too long");
	strcpy(new->name, name);
}

/* Anonymous neighbours would merge, so every other one is kept apart. */
static const struct memory *anonymous(enum content content, size_t region)
{
	struct memory wanted = region % 2 ? mem_anon_apart : mem_anon;

	wanted.content = content;
	return memory_like(&wanted);
}

/* PFNMAP is mapped by faults, so that only the listed pages are present. */
static const struct memory *memory(const struct parser *parser,
				   const char *name, size_t region)
{
	static const struct {
		const char *name;
		const struct memory *memory;
	} kinds[] = {
		{ "pfnmap", &mem_pfnmap_fault },
		{ "linear", &mem_pfnmap },
		{ "cow", &mem_pfnmap_cow },
		{ "mixedmap", &mem_mixedmap },
		{ "hugetlb", &mem_hugetlb },
		{ "poisoned", &mem_poisoned },
		{ "zero", &mem_zero },
		{ "file", &mem_file },
		{ "shared_file", &mem_file_shared },
	};
	size_t i;

	if (!strcmp(name, "anon"))
		return anonymous(CONTENT_WRITTEN, region);
	if (!strcmp(name, "forked"))
		return anonymous(CONTENT_FORKED, region);
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(name, kinds[i].name))
			return kinds[i].memory;
	malformed(parser, "a VMA is anon, forked, zero, poisoned, file, shared_file, hugetlb, pfnmap, linear, cow or mixedmap");
}

static void parse_vma(struct parser *parser, char *text)
{
	struct layout *layout = &last_case(parser)->layout;
	uint64_t start = page(parser, &text), end = page(parser, &text);
	const struct memory *of = memory(parser, next_word(parser, &text),
					 layout->nr_regions);
	const char *why;

	expect_asks(parser, false);
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
	struct layout *layout = &last_case(parser)->layout;
	uint64_t first = page(parser, &text), end = page(parser, &text);
	struct region *region = (struct region *)layout_at(layout, first).region;
	uint64_t unit;

	expect_asks(parser, false);
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

static struct ask *new_ask(struct parser *parser, enum ask_kind kind)
{
	struct try_case *of = last_case(parser);

	of->asks = xrealloc(of->asks, of->nr_asks + 1, sizeof(*of->asks));
	of->asks[of->nr_asks] = (struct ask){ .kind = kind };
	return of->asks + of->nr_asks++;
}

static struct ask *parse_range(struct parser *parser, enum ask_kind kind,
			       char **text)
{
	struct layout *layout = &last_case(parser)->layout;
	struct ask *ask = new_ask(parser, kind);

	ask->from = page(parser, text);
	ask->to = page(parser, text);
	/* What lies behind the last VMA is a hole of the layout, too. */
	if (ask->to > layout->pages)
		layout_hole(layout, ask->to - layout->pages);
	return ask;
}

static void parse_callbacks(const struct parser *parser, struct ask *ask,
			    char *text)
{
	char *names;

	ask->stop_at = next_number(parser, &text, 0, INT64_MAX);
	ask->stop_code = next_number(parser, &text, INT32_MIN, INT32_MAX);
	names = next_word(parser, &text);
	while (names)
		ask->callbacks |= callback_bit(parser, strsep(&names, ","));
}

static void parse_walk(struct parser *parser, char *text)
{
	struct ask *ask = parse_range(parser, ASK_WALK, &text);

	ask->test_walk = policy_named(parser, next_word(parser, &text));
	parse_callbacks(parser, ask, text);
}

static void parse_vma_walk(struct parser *parser, char *text,
			   uint32_t entry_point)
{
	struct ask *ask = parse_range(parser, ASK_WALK, &text);

	ask->entry_point = entry_point;
	ask->vma = page(parser, &text);
	if (!layout_at(&last_case(parser)->layout, ask->vma).region)
		malformed(parser, "no VMA has that page");
	parse_callbacks(parser, ask, text);
}

static void parse_range_vma(struct parser *parser, char *text)
{
	parse_vma_walk(parser, text, PAGEWALK_PROBE_WALK_PAGE_RANGE_VMA);
}

static void parse_page_vma(struct parser *parser, char *text)
{
	parse_vma_walk(parser, text, PAGEWALK_PROBE_WALK_PAGE_VMA);
}

static void parse_pagemap(struct parser *parser, char *text)
{
	const struct ask *ask = parse_range(parser, ASK_PAGEMAP, &text);

	if (ask->from >= ask->to)
		malformed(parser, "a read of nothing");
}

static void parse_mincore(struct parser *parser, char *text)
{
	const struct ask *ask = parse_range(parser, ASK_MINCORE, &text);

	if (ask->from >= ask->to)
		malformed(parser, "a read of nothing");
}

static void parse_scan(struct parser *parser, char *text)
{
	struct ask *ask = parse_range(parser, ASK_SCAN, &text);

	if (ask->from >= ask->to)
		malformed(parser, "a scan of nothing");
	ask->inverted = next_number(parser, &text, 0, SCAN_ALL);
	ask->mask = next_number(parser, &text, 0, SCAN_ALL);
	ask->anyof = next_number(parser, &text, 0, SCAN_ALL);
	ask->report = next_number(parser, &text, 0, SCAN_ALL);
	ask->max_pages = next_number(parser, &text, 0, MAX_PAGE);
	ask->max_regions = next_number(parser, &text, 1, MAX_REGIONS);
}

static void parse_smaps(struct parser *parser, char *text)
{
	(void)text;
	new_ask(parser, ASK_SMAPS);
}

static void parse_line(struct parser *parser, char *line)
{
	static const struct {
		const char *keyword;
		void (*parse)(struct parser *parser, char *text);
	} kinds[] = {
		{ "case", parse_case }, { "vma", parse_vma },
		{ "populate", parse_populate }, { "walk", parse_walk },
		{ "walk_range_vma", parse_range_vma },
		{ "walk_page_vma", parse_page_vma },
		{ "pagemap", parse_pagemap }, { "scan", parse_scan },
		{ "smaps", parse_smaps }, { "mincore", parse_mincore },
	};
	const char *keyword = strsep(&line, " ");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(keyword, kinds[i].keyword))
			continue;
		if (!parser->nr && i)
			malformed(parser, ORDER);
		kinds[i].parse(parser, line);
		return;
	}
	malformed(parser, "a line begins with 'case', 'vma', 'populate' or what is asked");
}

struct try_case *cases_read(const char *path, size_t *nr)
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
	if (parser.nr && !last_case(&parser)->nr_asks)
		refuse("%s: ends within case %s", path,
		       last_case(&parser)->name);
	free(line);
	fclose(file);
	for (*nr = 0; *nr < parser.nr; ++*nr)	/* they do not move any more */
		parser.cases[*nr].layout.name = parser.cases[*nr].name;
	return parser.cases;
}

void cases_free(struct try_case *cases, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		layout_free(&cases[i].layout);
		free(cases[i].asks);
	}
	free(cases);
}
