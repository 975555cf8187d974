// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pagemap.h"
#include "kernel/util.h"
#include "stress/pass.h"
#include "truth/describe.h"
#include "truth/page.h"

static void check_entry(struct pass *pass, uint64_t page, uint64_t entry)
{
	struct truth truth = pass_truth(pass, page);
	char got[100], expected[100];

	pass->tally->check.checked++;
	if ((entry & ~PM_PFN & ~PM_SOFT_DIRTY) == page_entry(&truth))
		return;
	describe_entry(got, sizeof(got), entry);
	describe_entry(expected, sizeof(expected), page_entry(&truth));
	check_fail(&pass->tally->check, "pagemap in reads of %zu pages: page 0x%" PRIx64 " (%s) got %s, expected %s",
		   pass->size, pass_address(pass, page), truth_name(&truth),
		   got, expected);
}

static void read_all(struct pass *pass, int fd, uint64_t *entries)
{
	uint64_t page, pages, i;
	int64_t got;

	for (page = 0; page < pass_pages(pass); page += pages) {
		pages = min_u64(pass_pages(pass) - page, pass->size);
		for (i = 0; i < pages; i++)
			entries[page + i] = PM_UNTOUCHED;
		got = pagemap_read(fd, pass_address(pass, page), entries + page,
				   pages);
		if (got != (int64_t)pages)
			die("pagemap: %s", got < 0 ? strerror(-got) :
			    "a read gave too little");
		pass_read(pass);
	}
}

void pass_pagemap(struct pass *pass)
{
	size_t size = pass_pages(pass) * sizeof(uint64_t);
	uint64_t *entries = map_populated(size), page;
	int fd = open_proc(pass->pid, pass->reader);

	pass_begin(pass);
	read_all(pass, fd, entries);
	pass_end(pass);
	close(fd);
	for (page = 0; page < pass_pages(pass); page++)
		if (pass->after[page].stands)
			check_entry(pass, page, entries[page]);
	unmap_populated(entries, size);
}
