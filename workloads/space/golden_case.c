// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel/probe.h"
#include "kernel/util.h"
#include "space/golden_case.h"

void golden_open(struct golden_file *file, const char *path)
{
	file->stream = fopen(path, "r");
	file->path = path;
	file->line = 0;
	if (!file->stream)
		die("%s: %s", path, strerror(errno));
}

void golden_close(struct golden_file *file)
{
	fclose(file->stream);
}

static void __attribute__((noreturn)) malformed(const struct golden_file *file)
{
	die("%s:%lu: malformed", file->path, file->line);
}

static void parse_case(const struct golden_file *file, const char *text,
		       struct golden_case *next)
{
	if (sscanf(text, "case %127s", next->name) != 1)
		malformed(file);
}

static enum kind parse_kind(const struct golden_file *file, const char *text)
{
	static const enum kind kinds[] = {
		KIND_ANON, KIND_PFNMAP, KIND_HUGETLB
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(text, kind_name(kinds[i])))
			return kinds[i];
	malformed(file);
}

static void parse_vma(const struct golden_file *file, const char *text,
		      struct golden_case *next)
{
	struct golden_vma *vma = next->vmas + next->nr_vmas;
	char kind[16];

	if (next->nr_vmas == GOLDEN_MAX_VMAS)
		die("%s:%lu: more than %d VMAs in a case", file->path,
		    file->line, GOLDEN_MAX_VMAS);
	if (sscanf(text, "vma %" SCNu64 " %" SCNu64 " %15s", &vma->start,
		   &vma->end, kind) != 3)
		malformed(file);
	vma->kind = parse_kind(file, kind);
	next->nr_vmas++;
}

static void parse_populate(const struct golden_file *file, const char *text,
			   struct golden_case *next)
{
	struct golden_range *range = next->populate + next->nr_populate;

	if (next->nr_populate == GOLDEN_MAX_RANGES)
		die("%s:%lu: more than %d populated ranges in a case",
		    file->path, file->line, GOLDEN_MAX_RANGES);
	if (sscanf(text, "populate %" SCNu64 " %" SCNu64, &range->start,
		   &range->end) != 2)
		malformed(file);
	next->nr_populate++;
}

static uint32_t parse_callback(const struct golden_file *file, const char *name)
{
	int i = name_find(callback_names, PAGEWALK_PROBE_NR_CALLBACKS, name);

	if (i < 0)
		malformed(file);
	return UINT32_C(1) << i;
}

static uint32_t parse_callbacks(const struct golden_file *file, char *names)
{
	uint32_t callbacks = 0;
	char *name;

	while ((name = strsep(&names, ",")))
		callbacks |= parse_callback(file, name);
	return callbacks;
}

static uint32_t parse_policy(const struct golden_file *file, const char *name)
{
	int i = name_find(policy_names, PAGEWALK_PROBE_NR_TESTS, name);

	if (i < 0)
		malformed(file);
	return i;
}

static void parse_walk(const struct golden_file *file, const char *text,
		       struct golden_case *next)
{
	char policy[16], callbacks[80];

	if (sscanf(text,
		   "walk %" SCNu64 " %" SCNu64 " %15s %" SCNu64 " %" SCNd32
		   " %79s", &next->range.start, &next->range.end, policy,
		   &next->stop_at, &next->stop_code, callbacks) != 6)
		malformed(file);
	next->test_walk = parse_policy(file, policy);
	next->callbacks = parse_callbacks(file, callbacks);
}

bool golden_next(struct golden_file *file, struct golden_case *next)
{
	char line[256];

	memset(next, 0, sizeof(*next));
	while (fgets(line, sizeof(line), file->stream)) {
		file->line++;
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "case ", 5)) {
			parse_case(file, line, next);
		} else if (!strncmp(line, "vma ", 4)) {
			parse_vma(file, line, next);
		} else if (!strncmp(line, "populate ", 9)) {
			parse_populate(file, line, next);
		} else if (!strncmp(line, "walk ", 5)) {
			parse_walk(file, line, next);
			return true;
		} else {
			malformed(file);
		}
	}
	if (*next->name)
		die("%s: ends within case %s", file->path, next->name);
	return false;
}
