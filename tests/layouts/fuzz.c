// SPDX-License-Identifier: GPL-2.0
/*
 * Give the parser of layout files whatever a fuzzer makes. With libFuzzer, it
 * decides; without, main() mutates the files that it is given. Whatever is not
 * refused has to be a layout that keeps all promises; anything that the parser
 * does not refuse itself, but dies of, ends the run.
 *
 * layout-fuzz RUNS SEED FILE...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/util.h"
#include "space/layout_file.h"

static bool is_parsing;

static void died(void)
{
	if (is_parsing)
		abort();
}

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void check_region(const struct layout *layout, size_t i)
{
	const struct region *region = layout->regions + i;
	uint64_t units = region->pages / region_unit(region);
	size_t r;

	promise(region->pages && region->pages % region_unit(region) == 0);
	promise(region->start % region_unit(region) == 0);
	promise(!i || region->start >= region[-1].start + region[-1].pages);
	promise(region->start + region->pages <= layout->pages);
	for (r = 0; r < region->nr_ranges; r++) {
		const struct range *range = region->ranges + r;

		promise(range->step && range->first < range->end);
		promise(range->end <= units);
		promise(!r || range->first >= range[-1].end);
	}
}

static void check_layout(const struct layout *layout)
{
	size_t i;

	promise(layout->nr_regions && layout->nr_regions <= LAYOUT_VMAS_MAX);
	promise(layout->pages <= LAYOUT_PAGES_MAX);
	for (i = 0; i < layout->nr_regions; i++)
		check_region(layout, i);
}

/* Return whether it is a layout. */
static bool try_input(const uint8_t *bytes, size_t len)
{
	struct layout layout = { .name = "fuzz", .base = LAYOUT_BASE };
	struct layout_error error;
	static bool ready;

	if (!ready)
		atexit(died);
	ready = true;
	is_parsing = true;
	layout_parse(&layout, (const char *)bytes, len, &error);
	if (error.found)
		promise(*error.text && !strchr(error.text, '\n'));
	else
		check_layout(&layout);
	layout_free(&layout);
	is_parsing = false;
	return !error.found;
}

#ifdef LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	try_input(bytes, len);
	return 0;
}
#else
#define FILES_MAX	64

static struct {
	uint8_t *bytes;
	size_t len;
} files[FILES_MAX];

static size_t nr_files;
static uint64_t state;

static uint64_t chance(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static void read_file(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file || nr_files == FILES_MAX)
		die("%s: %m, or too many files", path);
	files[nr_files].bytes = xcalloc(LAYOUT_TEXT_MAX, 1);
	files[nr_files].len = fread(files[nr_files].bytes, 1,
				    LAYOUT_TEXT_MAX / 2, file);
	nr_files++;
	fclose(file);
}

/* Copy a part of one of the files into the text, over what is there. */
static size_t splice(uint8_t *text, size_t len)
{
	size_t from, at = chance(len + 1), n, f = chance(nr_files);

	from = chance(files[f].len);
	n = 1 + chance(min_u64(files[f].len - from, 60));
	memcpy(text + at, files[f].bytes + from, n);
	return at + n > len ? at + n : len;
}

static size_t change(uint8_t *text, size_t len)
{
	static const char * const words[] = {
		"0", "1", "65535", "18446744073709551616", "..", "*", ",",
		"-", "4k", "1g", "440g", "999t", "\n", "=", "[", "]", "all",
		"\n[repeat]\ntimes=9\n", "\n[end]\n", "populate=", "hugetlb",
	};
	const char *word = words[chance(ARRAY_SIZE(words))];
	size_t at = chance(len + 1), n = strlen(word);

	switch (chance(5)) {
	case 0:
		text[at] = chance(256);
		return at == len ? len + 1 : len;
	case 1:	/* take bytes out */
		n = min_u64(1 + chance(20), len - at);
		memmove(text + at, text + at + n, len - at - n);
		return len - n;
	case 2:
		return splice(text, len);
	case 3:	/* a digit instead of another */
		at += strcspn((char *)text + at, "0123456789");
		if (at < len)
			text[at] = '0' + chance(10);
		return len;
	default:
		memmove(text + at + n, text + at, len - at);
		memcpy(text + at, word, n);
		return len + n;
	}
}

int main(int argc, char **argv)
{
	static uint8_t text[LAYOUT_TEXT_MAX];
	unsigned long runs, done, good = 0;
	int i;

	if (argc < 4)
		refuse("layout-fuzz RUNS SEED FILE...");
	runs = parse_count("RUNS", argv[1], 1UL << 32);
	state = parse_count("SEED", argv[2], 1UL << 32);
	for (i = 3; i < argc; i++)
		read_file(argv[i]);
	for (done = 0; done < runs; done++) {
		size_t f = chance(nr_files), n = 1 + chance(6);
		size_t len = files[f].len;

		memset(text, 0, sizeof(text));
		memcpy(text, files[f].bytes, len);
		while (n--)
			len = change(text, len);
		good += try_input(text, len);
	}
	printf("%lu inputs, %lu of them layouts\n", done, good);
	return 0;
}
#endif
