// SPDX-License-Identifier: GPL-2.0
/*
 * U13: mlock(), munlock(), mprotect() and madvise() do to exactly the pages in
 * their range what their manual pages say, wherever the range begins and ends.
 *
 * Each call here has the memory anew. What a call does to a page is done to what
 * is known of the page, and then all pages are compared with what pagemap,
 * kpageflags and smaps say, also those outside of the range.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel/util.h"
#include "rules/rule.h"
#include "rules/u13_arena.h"
#include "rules/u13_calls.h"
#include "rules/u13_limit.h"
#include "space/resident.h"

/* From page to page, as in the arena. */
struct span {
	uint64_t from, to;
};

#define FIRST_RUN	{ 503, 529 }
#define ANON		{ 503, 508 }
#define SPARSE		{ 514, 520 }
#define LAST_ANON	{ 544, 550 }

/*
 * A case: calls that come before, on all of a span, and then the call, on each
 * of these.
 */
struct way {
	const char *name;
	const struct call *before;
	struct span all[3];
	const struct call *call;
	struct span spans[10];
};

static const struct way ways[] = {
	{ "mlock", NULL, { }, &call_lock,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 515, 516 }, FIRST_RUN,
	    { 536, 539 }, { 538, 546 }, { 527, 534 }, { 533, 552 } } },
	{ "mlock of what is locked on fault", &call_lock_on_fault,
	  { FIRST_RUN, LAST_ANON }, &call_lock, { { 505, 517 }, { 519, 523 } } },
	{ "mlock of what is locked in part", &call_lock,
	  { { 505, 506 }, { 510, 512 }, { 517, 518 } }, &call_lock,
	  { ANON, { 504, 507 }, FIRST_RUN, { 508, 511 }, { 515, 519 } } },
	{ "mlock2 on fault", NULL, { }, &call_lock_on_fault,
	  { { 505, 510 }, { 511, 513 }, { 507, 527 }, { 538, 546 } } },
	{ "mlock2 on fault of what is locked", &call_lock,
	  { FIRST_RUN }, &call_lock_on_fault, { { 505, 517 }, { 511, 512 } } },
	{ "munlock", &call_lock, { FIRST_RUN, LAST_ANON }, &call_unlock,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 515, 516 }, FIRST_RUN,
	    { 527, 530 } } },
	{ "munlock of what is locked in part", &call_lock,
	  { { 505, 506 }, { 510, 512 }, { 517, 518 } }, &call_unlock,
	  { ANON, FIRST_RUN, { 508, 511 } } },
	{ "mprotect", NULL, { }, &call_protect,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 515, 516 }, FIRST_RUN,
	    { 527, 534 }, { 538, 546 } } },
	{ "mprotect, no access", NULL, { }, &call_forbid,
	  { { 505, 510 }, { 511, 513 }, { 507, 527 } } },
	{ "mprotect of what is protected in part", &call_protect,
	  { { 505, 506 }, { 510, 512 }, { 517, 518 } }, &call_protect,
	  { ANON, FIRST_RUN, { 508, 511 } } },
	{ "MADV_COLD", NULL, { }, &advise_cold,
	  { { 505, 510 }, { 511, 513 }, { 507, 522 }, { 512, 513 }, FIRST_RUN,
	    { 523, 536 }, { 538, 546 } } },
	{ "MADV_COLD of locked memory", &call_lock, { SPARSE }, &advise_cold,
	  { { 510, 518 } } },
	{ "MADV_PAGEOUT", &advise_free, { ANON, SPARSE, LAST_ANON },
	  &advise_pageout,
	  { { 503, 504 }, { 504, 507 }, { 517, 520 }, { 515, 518 },
	    { 546, 549 }, { 505, 517 }, { 542, 546 } } },
	{ "MADV_PAGEOUT of locked memory", &advise_free, { SPARSE },
	  &advise_pageout, { { 514, 519 } } },
	{ "MADV_FREE", NULL, { }, &advise_free,
	  { { 504, 507 }, { 503, 504 }, { 515, 519 }, { 534, 539 },
	    { 505, 511 }, { 526, 536 }, { 538, 546 } } },
	{ "MADV_FREE of locked memory", &call_lock, { ANON }, &advise_free,
	  { { 504, 507 } } },
	{ "MADV_DONTNEED", NULL, { }, &advise_dontneed,
	  { { 504, 507 }, { 503, 504 }, { 507, 522 }, { 511, 513 }, FIRST_RUN,
	    { 526, 536 }, { 538, 546 } } },
	{ "MADV_DONTNEED of lazily freed memory", &advise_free, { ANON },
	  &advise_dontneed, { { 504, 507 } } },
	{ "MADV_DONTNEED of locked memory", &call_lock, { SPARSE },
	  &advise_dontneed, { { 515, 519 }, { 510, 518 } } },
	{ "MADV_POPULATE_READ", NULL, { }, &advise_read,
	  { { 505, 510 }, { 514, 517 }, { 515, 516 }, { 512, 529 },
	    { 520, 522 }, { 538, 546 }, { 525, 533 } } },
	{ "MADV_POPULATE_WRITE", NULL, { }, &advise_write,
	  { { 505, 510 }, { 514, 517 }, { 515, 516 }, { 512, 523 },
	    { 520, 522 }, { 523, 527 }, { 538, 546 } } },
};

/* Here another process has the memory, too. */
static const struct way ways_of_two[] = {
	{ "MADV_COLD of pages of two", NULL, { }, &advise_cold,
	  { { 504, 507 }, { 507, 518 } } },
	{ "MADV_PAGEOUT of pages of two", &advise_free, { ANON, SPARSE },
	  &advise_pageout, { { 504, 507 }, { 515, 519 } } },
	{ "MADV_DONTNEED of pages of two", NULL, { }, &advise_dontneed,
	  { { 504, 507 }, { 507, 518 } } },
	{ "MADV_POPULATE_WRITE of pages of two", NULL, { },
	  &advise_write, { { 504, 507 }, { 507, 518 }, { 519, 523 } } },
	{ "mlock of pages of two", NULL, { }, &call_lock,
	  { { 504, 507 }, { 507, 518 }, { 519, 523 } } },
	{ "mprotect of pages of two", NULL, { }, &call_protect,
	  { { 504, 507 }, { 507, 518 } } },
};

/*
 * Where a call fails, nothing says how far it got. So all pages in its range are
 * unsure then, but not if it only passed over a hole.
 */
static int take_effect(struct arena *arena, const struct call *call,
		       const struct span *span)
{
	struct arena_page after[ARENA_PAGES];
	int error = 0, hole = 0;
	uint64_t page;

	memcpy(after, arena->pages, sizeof(after));
	for (page = span->from; page < span->to && !error; page++) {
		struct arena_page *of = after + page - ARENA_FIRST;

		if (of->memory)
			error = call->effect(of);
		else if (call->skips_holes)
			hole = -ENOMEM;
		else
			error = -ENOMEM;
	}
	for (page = span->from; error && page < span->to; page++)
		after[page - ARENA_FIRST].unsure = true;
	memcpy(arena->pages, after, sizeof(after));
	return error ? error : hole;
}

/*
 * The length is rounded up, and for some calls the start down: then a byte of the
 * first and the last page is in the range.
 */
static int make(const struct call *call, const struct span *span)
{
	uint64_t start = arena_address(span->from), end = arena_address(span->to);

	if (call->is_rounded)
		start += PAGE_SIZE - 1;
	end -= PAGE_SIZE - 1;
	if (end <= start)
		end = start + 1;
	return call->call((void *)start, end - start);
}

static void make_and_expect(struct arena *arena, const struct call *call,
			    const struct span *span)
{
	int expected = take_effect(arena, call, span);
	int got = make(call, span);

	snprintf(arena->what, sizeof(arena->what), "%s of 0x%" PRIx64 " to 0x%" PRIx64,
		 call->name, arena_address(span->from), arena_address(span->to));
	arena->check->checked++;
	if (got != expected)
		check_fail(arena->check, "%s: %s, expected %s", arena->what,
			   got ? strerror(-got) : "success",
			   expected ? strerror(-expected) : "success");
}

static void live_on(struct resident *self, void *unused)
{
	(void)self;
	(void)unused;
}

/* Have a second process, which has what is anonymous. */
static void share(struct arena *arena, struct resident *second)
{
	size_t i;

	resident_start(second, live_on, NULL);
	for (i = 0; i < ARENA_PAGES; i++)
		arena->pages[i].of_two = arena->pages[i].own;
}

static void check_span(struct arena *arena, const struct way *way,
		       const struct span *span, bool is_forked)
{
	struct resident second;
	size_t i;

	arena_map(arena);
	for (i = 0; i < ARRAY_SIZE(way->all) && way->all[i].to; i++)
		make_and_expect(arena, way->before, way->all + i);
	if (is_forked)
		share(arena, &second);
	make_and_expect(arena, way->call, span);
	arena_check(arena);
	if (is_forked)
		resident_stop(&second);
	arena_unmap(arena);
}

static void check_way(struct rule_run *run, struct arena *arena,
		      const struct way *way, bool is_forked)
{
	size_t i;

	arena->check = rule_case(run, "%s", way->name);
	for (i = 0; i < ARRAY_SIZE(way->spans) && way->spans[i].to; i++)
		check_span(arena, way, way->spans + i, is_forked);
}

static int lock_unknown(void *start, size_t size)
{
	return mlock2(start, size, 2) ? -errno : 0;
}

static int advise_unknown(void *start, size_t size)
{
	return madvise(start, size, 12345) ? -errno : 0;
}

static const struct call unknown_lock = {
	"mlock2 with an unknown flag", .call = lock_unknown
};
static const struct call unknown_advice = {
	"an unknown advice", .call = advise_unknown
};

/* What is refused, or does nothing: from a byte of the first VMA on. */
static const struct refused {
	const struct call *call;
	uint64_t offset, size;
	int error;
} refused[] = {
	{ &call_lock, 0, -PAGE_SIZE, -EINVAL },
	{ &call_unlock, 0, -PAGE_SIZE, -EINVAL },
	{ &call_forbid, 0, -PAGE_SIZE, -ENOMEM },
	{ &advise_cold, 0, -PAGE_SIZE, -EINVAL },
	{ &advise_free, 0, -1, -EINVAL },
	{ &call_lock, 0, 0, 0 },
	{ &call_forbid, 0, 0, 0 },
	{ &advise_free, 0, 0, 0 },
	{ &advise_pageout, 0, 0, 0 },
	{ &advise_dontneed, 0, -PAGE_SIZE, -EINVAL },
	{ &advise_dontneed, 0, 0, 0 },
	{ &advise_dontneed, 1, PAGE_SIZE, -EINVAL },
	{ &call_forbid, 1, PAGE_SIZE, -EINVAL },
	{ &advise_cold, 1, PAGE_SIZE, -EINVAL },
	{ &advise_free, 1, PAGE_SIZE, -EINVAL },
	{ &advise_write, 1, PAGE_SIZE, -EINVAL },
	{ &unknown_lock, 0, PAGE_SIZE, -EINVAL },
	{ &unknown_advice, 0, PAGE_SIZE, -EINVAL },
};

static void check_refused(struct rule_run *run, struct arena *arena)
{
	void *start = (void *)arena_address(ARENA_FIRST);
	size_t i;

	arena->check = rule_case(run, "refused");
	arena_map(arena);
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		const struct refused *one = refused + i;
		int got = one->call->call(start + one->offset, one->size);

		arena->check->checked++;
		if (got != one->error)
			check_fail(arena->check, "%s from byte %" PRIu64 " on, of %" PRIu64 " bytes: error %d, expected %d",
				   one->call->name, one->offset, one->size,
				   got, one->error);
	}
	snprintf(arena->what, sizeof(arena->what), "calls that were refused");
	arena_check(arena);
	arena_unmap(arena);
}

static void check_ranges_rule(struct rule_run *run)
{
	static struct arena arena;
	size_t i;

	arena_open(&arena, run->probe);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		check_way(run, &arena, ways + i, false);
	for (i = 0; i < ARRAY_SIZE(ways_of_two); i++)
		check_way(run, &arena, ways_of_two + i, true);
	check_refused(run, &arena);
	arena_close(&arena);
	check_lock_limit(run);
	check_lock_all(run);
}

const struct rule rule_u13 = { "U13", "ranges", check_ranges_rule };
