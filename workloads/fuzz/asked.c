// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/asked.h"
#include "kernel/pagemap.h"
#include "kernel/smaps.h"
#include "kernel/util.h"
#include "truth/describe.h"
#include "truth/mincore_check.h"
#include "truth/page.h"
#include "truth/say.h"
#include "truth/scan_check.h"

#define GUARD		8	/* entries that nobody may write */

static size_t set_of(const struct try_case *of, uint32_t callbacks)
{
	size_t i;

	for (i = 0; i < nr_callback_sets; i++)
		if (callback_sets[i].mask == callbacks)
			return i;
	refuse("case %s: no check is for callbacks 0x%x", of->name, callbacks);
}

struct trace asked_trace(const struct try_case *of, const struct ask *ask)
{
	const struct layout *layout = &of->layout;
	struct trace trace = {
		.layout = layout,
		.joint = of->name,
		.set = set_of(of, ask->callbacks),
		.entry_point = ask->entry_point,
		.policy = ask->test_walk,
		.from = ask->from,
		.to = ask->to,
		.stop_at = ask->stop_at,
		.stop_code = ask->stop_code,
		.compared = true,
	};

	if (ask->entry_point)
		trace.vma = layout_at(layout, ask->vma).region;
	if (ask->to > ask->from && ask->to - ask->from > MAX_PAGES)
		refuse("case %s: a walk is of %" PRIu64 " pages at most",
		       of->name, MAX_PAGES);
	return trace;
}

void say_trace(struct text *said, const struct trace *trace)
{
	size_t i;

	for (i = 0; i < trace->nr; i++) {
		const struct pagewalk_probe_event *event = trace->events + i;

		text_add(said, "%s level %d depth %d %s VMA 0x%" PRIx64 "-0x%" PRIx64 " gave %d\n",
			 event_text(event), event->level, event->depth,
			 event->present ? "present" : "absent",
			 (uint64_t)event->vma_start, (uint64_t)event->vma_end,
			 event->ret);
	}
	text_add(said, "returned %" PRId64 ", changed %" PRIu64 " entries\n",
		 trace->result, trace->nr_changes);
}

static void refuse_long(const struct ask *ask, const char *what)
{
	if (ask->to - ask->from > ASKED_PAGES_MAX)
		refuse("a read of %s is of %" PRIu64 " pages at most", what,
		       ASKED_PAGES_MAX);
}

static void check_entry(struct check *check, const struct subject *subject,
			const struct ask *ask, uint64_t page, uint64_t entry,
			uint64_t alone)
{
	struct truth truth = layout_at(subject->layout, page);
	uint64_t expected = page_entry(&truth);
	char got[100], right[100];

	if (!page_is_known(&truth))
		return;
	check->checked++;
	if ((entry & ~PM_PFN & ~PM_SOFT_DIRTY) == expected && entry == alone)
		return;
	describe_entry(got, sizeof(got), entry);
	describe_entry(right, sizeof(right),
		       entry == alone ? expected : alone);
	check_fail(check, "pagemap, read of %" PRIu64 " pages at 0x%" PRIx64 ": page 0x%" PRIx64 " (%s) got %s, expected %s",
		   ask->to - ask->from,
		   layout_address(subject->layout, ask->from),
		   layout_address(subject->layout, page), truth_name(&truth),
		   got, right);
}

static void say_entries(struct text *said, const uint64_t *entries, uint64_t n)
{
	uint64_t i, times = 0;

	for (i = 0; i < n; i++) {
		times++;
		if (i + 1 < n && !((entries[i] ^ entries[i + 1]) & ~PM_PFN))
			continue;
		say_flags(said, entries[i] & ~PM_PFN, times);
		times = 0;
	}
}

void check_asked_pagemap(struct check *check, const struct subject *subject,
			 const struct ask *ask, struct text *said)
{
	static uint64_t together[ASKED_PAGES_MAX + GUARD];
	static uint64_t alone[ASKED_PAGES_MAX];
	uint64_t start = layout_address(subject->layout, ask->from);
	uint64_t i, pages = ask->to - ask->from;
	int fd = open_proc(subject->pid, "pagemap");
	int64_t given;

	refuse_long(ask, "pagemap");
	for (i = 0; i < pages + GUARD; i++)
		together[i] = PM_UNTOUCHED;
	given = pagemap_read(fd, start, together, pages);
	pagemap_read_singly(fd, start, alone, pages);
	close(fd);
	check->checked++;
	if (given != (int64_t)pages)
		check_fail(check, "pagemap, read of %" PRIu64 " pages at 0x%" PRIx64 ": gave %" PRId64 " entries",
			   pages, start, given);
	for (i = 0; i < pages && (int64_t)i < given; i++)
		check_entry(check, subject, ask, ask->from + i, together[i],
			    alone[i]);
	for (i = pages; i < pages + GUARD; i++)
		if (together[i] != PM_UNTOUCHED)
			check_fail(check, "pagemap, read of %" PRIu64 " pages at 0x%" PRIx64 ": wrote behind the buffer",
				   pages, start);
	if (said) {
		text_add(said, "gave %" PRId64 ":", given);
		say_entries(said, together, pages);
	}
}

void check_asked_scan(struct check *check, const struct subject *subject,
		      const struct ask *ask, struct text *said)
{
	const struct scan_question question = {
		"asked", ask->inverted, ask->mask, ask->anyof, ask->report
	};
	static struct scan_try scan;

	scan.layout = subject->layout;
	scan.question = &question;
	scan.fd = open_proc(subject->pid, "pagemap");
	scan.from = ask->from;
	scan.to = ask->to;
	scan.max_pages = ask->max_pages;
	scan.max_regions = ask->max_regions;
	scan_try(&scan);
	close(scan.fd);
	check_scan(check, &scan);
	if (said) {
		text_add(said, "gave %" PRId64 ", ended at 0x%" PRIx64 ":",
			 scan.given, scan.end);
		say_regions(said, &scan);
	}
}

/*
 * Say the VMAs of a layout. Device and inode of a file depend on what else the
 * kernel made, and other VMAs on what this program has done.
 */
static void say_smaps(struct text *said, const struct layout *layout,
		      char *text)
{
	bool is_said = false;
	char *line, *rest;

	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *perms = strchr(line, ' ');
		int len = strlen(line);

		if (perms && perms[-1] != ':') {
			uint64_t start = strtoull(line, NULL, 16);

			is_said = start >= layout->base &&
				  start < layout_end(layout);
			len = min_u64(len, perms + strlen(" rwxp") - line);
		}
		if (is_said)
			text_add(said, "%.*s\n", len, line);
	}
}

void check_asked_smaps(struct check *check, const struct subject *subject,
		       struct text *said)
{
	uint64_t room = smaps_room(subject->layout->nr_regions);
	int64_t len;
	char *text;
	int fd;

	check_smaps(check, subject);
	if (!said)
		return;
	text = map_populated(room);
	fd = open_proc(subject->pid, "smaps");
	len = smaps_read(fd, text, room - 1);
	text[len < 0 ? 0 : len] = '\0';
	say_smaps(said, subject->layout, text);
	text_add(said, "%s\n", len < 0 ? strerror(-len) : "done");
	close(fd);
	unmap_populated(text, room);
}

void check_asked_mincore(struct check *check, const struct layout *layout,
			 const struct ask *ask, struct text *said)
{
	static unsigned char vector[ASKED_PAGES_MAX + MINCORE_GUARD];
	int err;

	refuse_long(ask, "mincore()");
	err = check_mincore_call(check, layout, ask->from, ask->to, vector);
	if (said) {
		text_add(said, "%s:", err ? strerror(err) : "done");
		say_vector(said, vector, ask->to - ask->from);
	}
}
