// SPDX-License-Identifier: GPL-2.0
/* mincore() of this process. It fails where a page of the range is unmapped. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "stress/pass.h"
#include "truth/describe.h"
#include "truth/page.h"

/* What mincore() said of a page, or: */
#define NO_MEMORY	0x40	/* it said so of the range with the page */

static void ask(struct pass *pass, uint64_t page, uint64_t pages,
		unsigned char *said)
{
	if (mincore((void *)pass_address(pass, page), pages * PAGE_SIZE, said)) {
		if (errno != ENOMEM)
			die("mincore: %s", strerror(errno));
		memset(said, NO_MEMORY, pages);
	}
	pass_read(pass);
}

static void fail_at(struct pass *pass, uint64_t page, const char *what)
{
	struct truth truth = pass_truth(pass, page);

	check_fail(&pass->tally->check, "mincore of %zu pages: page 0x%" PRIx64 " (%s) %s",
		   pass->size, pass_address(pass, page), truth_name(&truth),
		   what);
}

static void check_page(struct pass *pass, uint64_t page, unsigned char said)
{
	struct truth truth = pass_truth(pass, page);

	pass->tally->check.checked++;
	if (!truth.region && said != NO_MEMORY)
		fail_at(pass, page, "is in a range of which all is mapped");
	else if (truth.region && said != NO_MEMORY &&
		 said != page_in_core(&truth))
		fail_at(pass, page, said ? "is in memory" : "is not in memory");
}

static bool all_mapped(const struct pass *pass, uint64_t page, uint64_t pages)
{
	uint64_t i;

	for (i = page; i < page + pages; i++)
		if (!pass->after[i].stands || !pass->after[i].now.mapped)
			return false;
	return true;
}

static void check_range(struct pass *pass, uint64_t page, uint64_t pages,
			const unsigned char *said)
{
	uint64_t i;

	if (*said == NO_MEMORY && all_mapped(pass, page, pages))
		fail_at(pass, page, "is in a range of which not all is mapped");
	for (i = 0; i < pages; i++)
		if (pass->after[page + i].stands)
			check_page(pass, page + i, said[i]);
}

void pass_mincore(struct pass *pass)
{
	unsigned char *said = xcalloc(pass_pages(pass), 1);
	uint64_t page, pages = pass->size, last = pass_pages(pass) - pages;

	pass_begin(pass);
	for (page = 0; page <= last; page += pages)
		ask(pass, page, pages, said + page);
	pass_end(pass);
	for (page = 0; page <= last; page += pages)
		check_range(pass, page, pages, said + page);
	free(said);
}
