// SPDX-License-Identifier: GPL-2.0
/*
 * smaps_rollup adds up the whole process. What the program itself has is not
 * known, so all that stands is the least; but nothing else has huge pages.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "kernel/smaps.h"
#include "kernel/util.h"
#include "stress/pass.h"

#define KB		(PAGE_SIZE / 1024)

/* What there is at the least, in kB. */
struct least {
	uint64_t rss, anonymous, hugetlb;
};

static void add_page(struct least *least, const struct truth *truth)
{
	if (!truth->present)
		return;
	if (memory_is(truth->memory, BACKING_HUGETLB))
		least->hugetlb += KB;
	else
		least->rss += KB;
	if (memory_is(truth->memory, BACKING_ANON))
		least->anonymous += KB;
}

static struct least what_stands(const struct pass *pass)
{
	struct least least = { 0 };
	uint64_t page;

	for (page = 0; page < pass_pages(pass); page++) {
		struct truth truth = pass_truth(pass, page);

		if (pass->after[page].stands)
			add_page(&least, &truth);
	}
	return least;
}

static void check_field(struct pass *pass, const char *text, const char *name,
			uint64_t least, uint64_t most)
{
	int64_t got = smaps_rollup_field(text, name);

	pass->tally->check.checked++;
	if (got < (int64_t)least || got > (int64_t)most)
		check_fail(&pass->tally->check, "smaps_rollup: %s is %" PRId64 " kB, expected %" PRIu64 " kB%s",
			   name, got, least, most > least ? " or more" : "");
}

void pass_rollup(struct pass *pass)
{
	int fd = open_proc(pass->pid, pass->reader);
	char text[4096] = "";
	struct least least;

	pass_begin(pass);
	if (read(fd, text, min_u64(pass->size, sizeof(text) - 1)) < 0)
		die("%s: %s", pass->reader, strerror(errno));
	pass_read(pass);
	pass_end(pass);
	close(fd);
	least = what_stands(pass);
	check_field(pass, text, "Rss", least.rss, INT64_MAX);
	check_field(pass, text, "Anonymous", least.anonymous, INT64_MAX);
	check_field(pass, text, "Private_Hugetlb", least.hugetlb, least.hugetlb);
}
